/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.PrintStream;
import java.util.concurrent.Callable;

/** A line a step, with its time. */
final class Progress {

  private final PrintStream out;
  private final long start = System.nanoTime();

  Progress(PrintStream out) {
    this.out = out;
  }

  <T> T step(String what, Callable<T> body) throws Exception {
    long begin = System.nanoTime();
    out.printf("[%6.1f s] %s ...%n", (begin - start) / 1e9, what);
    out.flush();
    T result = body.call();
    long end = System.nanoTime();
    out.printf("[%6.1f s]   done in %.1f s%n", (end - start) / 1e9, (end - begin) / 1e9);
    out.flush();
    return result;
  }

  void say(String line) {
    out.println(line);
    out.flush();
  }
}
