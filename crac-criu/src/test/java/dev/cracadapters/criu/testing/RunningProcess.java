/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A process that this JVM started: a JVM, or the script that restores one. Its standard input is a
 * pipe, its standard output and error are files.
 */
public final class RunningProcess implements AutoCloseable {

  /** Far longer than anything takes that is not stuck. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  private final Process process;
  private final String name;
  private final Path output;
  private final Path error;

  private RunningProcess(Process process, String name, Path output, Path error) {
    this.process = process;
    this.name = name;
    this.output = output;
    this.error = error;
  }

  /**
   * Starts a command.
   *
   * @param command with its arguments
   * @param environment added to this process's own
   * @param outputs the folder for what it writes
   * @param name the beginning of those files' names
   * @return the process; close it
   * @throws IOException if it cannot be started
   */
  public static RunningProcess start(
      List<String> command, Map<String, String> environment, Path outputs, String name)
      throws IOException {
    Path output = outputs.resolve(name + ".out");
    Path error = outputs.resolve(name + ".err");
    // A build in a shell's background has INT and QUIT ignored, and hands that down.
    List<String> words = new ArrayList<>(List.of("env", "--default-signal=HUP,INT,QUIT"));
    words.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectOutput(output.toFile()).redirectError(error.toFile());
    // It says which CRIU the tests use. What they start is told by property or by its image.
    builder.environment().remove("CRAC_CRIU");
    builder.environment().putAll(environment);
    return new RunningProcess(builder.start(), name, output, error);
  }

  /**
   * The process's PID: for a restore the script's, not the restored process's.
   *
   * @return the PID
   */
  public long pid() {
    return process.pid();
  }

  /**
   * The file that its standard output is.
   *
   * @return the path
   */
  public Path outputFile() {
    return output;
  }

  /**
   * What it wrote to its standard output so far.
   *
   * @return the text
   * @throws IOException if the file cannot be read
   */
  public String output() throws IOException {
    return Files.readString(output);
  }

  /**
   * What it wrote to its standard error so far.
   *
   * @return the text
   * @throws IOException if the file cannot be read
   */
  public String error() throws IOException {
    return Files.readString(error);
  }

  /**
   * Writes a line to its standard input.
   *
   * @param line without its end
   * @throws IOException if it has closed its standard input, or has ended
   */
  public void send(String line) throws IOException {
    OutputStream input = process.getOutputStream();
    input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    input.flush();
  }

  /**
   * Ends its standard input.
   *
   * @throws IOException if that fails
   */
  public void closeInput() throws IOException {
    process.getOutputStream().close();
  }

  /**
   * Waits for a line on standard output.
   *
   * @param part what is in it
   * @return the first such line
   * @throws AssertionError with all that it wrote, if it ends without such a line or a minute
   *     passes
   * @throws IOException if its output cannot be read
   * @throws InterruptedException if the thread was interrupted
   */
  public String awaitLine(String part) throws IOException, InterruptedException {
    return awaitLineOrExit(part)
        .orElseThrow(
            () ->
                new AssertionError(
                    "%s: no line with \"%s\" %s%n%s"
                        .formatted(
                            name,
                            part,
                            process.isAlive() ? "in " + LIMIT : "and it ended",
                            told())));
  }

  /**
   * Waits for a line on its standard output, where the process may end without one.
   *
   * @param part of the line
   * @return the first such line, or empty if it ended, or a minute went by
   * @throws IOException if its output cannot be read
   * @throws InterruptedException if the thread was interrupted
   */
  public Optional<String> awaitLineOrExit(String part) throws IOException, InterruptedException {
    List<String> found = new ArrayList<>();
    Deadline.after(LIMIT)
        .await(
            () -> {
              boolean ended = !process.isAlive(); // asked first: what it wrote last is then there
              wholeLines().filter(line -> line.contains(part)).findFirst().ifPresent(found::add);
              return ended || !found.isEmpty();
            });
    return found.stream().findFirst();
  }

  private java.util.stream.Stream<String> wholeLines() {
    try {
      String text = output();
      return text.substring(0, text.lastIndexOf('\n') + 1).lines();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * Waits until it has ended.
   *
   * @return its exit status, 128 + N when signal N ended it
   * @throws AssertionError with all that it wrote, if that takes longer than a minute
   * @throws InterruptedException if the thread was interrupted
   */
  public int awaitExit() throws InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError(name + " did not end within " + LIMIT + told());
    }
    return process.exitValue();
  }

  /**
   * Sends it a signal.
   *
   * @param signal its name without SIG
   * @throws IOException if the command kill cannot be started
   * @throws InterruptedException if the thread was interrupted
   */
  public void signal(String signal) throws IOException, InterruptedException {
    signal(signal, pid());
  }

  /**
   * Sends any process a signal.
   *
   * @param signal its name without SIG
   * @param pid the process
   * @throws AssertionError if there is no such process
   * @throws IOException if the command kill cannot be started
   * @throws InterruptedException if the thread was interrupted
   */
  public static void signal(String signal, long pid) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + pid).start();
    if (!kill.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || kill.exitValue() != 0) {
      throw new AssertionError("kill -s " + signal + " " + pid + " failed");
    }
  }

  /**
   * Tells whether it has not ended.
   *
   * @return false from its end on
   */
  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * The process of a PID below this one, in whatever PID namespace it has that PID.
   *
   * @param pid as the process itself sees it
   * @return its PID here, empty when there is none
   */
  public Optional<Long> below(long pid) {
    return process
        .descendants()
        .map(ProcessHandle::pid)
        .filter(candidate -> innerPid(candidate) == pid)
        .findFirst();
  }

  /**
   * All processes below this one.
   *
   * @return their PIDs
   */
  public List<Long> below() {
    return process.descendants().map(ProcessHandle::pid).toList();
  }

  private static long innerPid(long pid) {
    try {
      return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
          .filter(line -> line.startsWith("NSpid:"))
          .map(line -> line.substring(line.lastIndexOf('\t') + 1))
          .mapToLong(Long::parseLong)
          .findFirst()
          .orElse(-1);
    } catch (IOException e) {
      return -1; // it has just ended
    }
  }

  /**
   * All that it wrote, for the message of a failure.
   *
   * @return both streams
   */
  public String told() {
    try {
      return "%n--- %s wrote%n%s%n--- and as errors%n%s".formatted(name, output(), error());
    } catch (IOException e) {
      return "(" + e + ")";
    }
  }

  /**
   * Ends it and all below it, if it has not ended. The restored process goes first: its parents
   * then reap it, where an init that does not would leave its PID taken.
   */
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    if (!process.isAlive()) {
      return;
    }
    List<ProcessHandle> below = process.descendants().toList();
    below.stream()
        .filter(one -> one.info().command().orElse("").endsWith("/java"))
        .forEach(ProcessHandle::destroyForcibly);
    if (below.isEmpty() || !endsBy(END_LIMIT)) {
      below.forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      endsBy(END_LIMIT);
    }
  }

  private boolean endsBy(Duration limit) {
    try {
      return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
