/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.support.Proc;
import dev.cracadapters.core.support.SignalHandling;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A child process with this one's standard streams, which is passed the signals that this gets. */
final class ChildProcess {

  private ChildProcess() {}

  /**
   * Whether standard input is a terminal: there the child has to stay in the terminal's session.
   */
  static boolean isOnTerminal() {
    String target = Proc.self().target(0).orElse("");
    return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
  }

  /** Starts the child, and waits for its end. Returns its exit status. */
  static int run(List<String> command) throws IOException, InterruptedException {
    boolean terminal = isOnTerminal();
    // Before there is a child: a signal that comes while it is started would end this process
    // alone.
    CompletableFuture<Long> child = new CompletableFuture<>();
    for (String name : List.of("TERM", "HUP", "INT", "USR1", "USR2")) {
      // What a terminal's keys send goes to the whole group: the child has it already.
      boolean isSentToBoth = terminal && name.equals("INT");
      SignalHandling.handle(
          name, isSentToBoth ? () -> {} : () -> child.thenAccept(pid -> send(name, pid)));
    }
    Process process = new ProcessBuilder(command).inheritIO().start();
    child.complete(process.pid());
    return process.waitFor();
  }

  private static void send(String name, long pid) {
    try {
      new ProcessBuilder("sh", "-c", "kill -s " + name + " " + pid).inheritIO().start();
    } catch (IOException e) {
      System.err.println("run: " + name + " could not be passed on: " + e.getMessage());
    }
  }
}
