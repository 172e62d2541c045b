/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A process with pipes for its standard input and output, and how long it took to say something.
 */
final class Service implements AutoCloseable {

  private static final long LIMIT_SECONDS = 60;

  private final Process process;
  private final BufferedReader output;
  private final Path errors;
  private final long started;

  private Service(Process process, Path errors, long started) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
    this.errors = errors;
    this.started = started;
  }

  /** Starts a command; its time counts from before the call. */
  static Service start(List<String> command, Path folder) throws IOException {
    Path errors = folder.resolve("errors");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    long started = System.nanoTime();
    return new Service(builder.start(), errors, started);
  }

  /** Starts a JVM that holds so many megabytes, and has dropped so many. */
  static Service jvm(Options options, Path javaHome, Path image, List<String> flags, int... fill)
      throws IOException {
    // In a session of its own: CRIU dumps no process whose session leader is outside its namespace.
    List<String> command =
        new ArrayList<>(List.of("setsid", javaHome.resolve("bin/java").toString()));
    command.addAll(flags);
    command.add("-Dcrac.image=" + image);
    command.add("-Dcrac.criu=" + options.criu());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Ballast.class.getName()));
    for (int megabytes : fill) {
      command.add(Integer.toString(megabytes));
    }
    return start(command, options.folder());
  }

  /** Waits for a line that begins so. A process that does not write it in time is ended. */
  String await(String beginning) throws IOException {
    CompletableFuture<Void> limit =
        CompletableFuture.runAsync(
            this::close, CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS));
    String line = output.readLine();
    while (line != null && !line.startsWith(beginning)) {
      line = output.readLine();
    }
    limit.cancel(false);
    if (line == null) {
      throw new IOException(
          "It ended, or was ended after %d s, without '%s': %s"
              .formatted(LIMIT_SECONDS, beginning, errors()));
    }
    return line;
  }

  double millis() {
    return millisUntil(System.nanoTime());
  }

  /** From its start until a {@link System#nanoTime()}. */
  double millisUntil(long nanoTime) {
    return (nanoTime - started) / 1e6;
  }

  long pid() {
    return process.pid();
  }

  void send(String line) throws IOException {
    process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  int awaitExit() throws IOException, InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("It did not end within " + LIMIT_SECONDS + " s: " + errors());
    }
    return process.exitValue();
  }

  String errors() throws IOException {
    return Files.readString(errors);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
