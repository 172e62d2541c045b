/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;

/** A process of the example service: started from its jar, or restored from its image. */
public final class Service implements AutoCloseable {

  static final Duration START =
      Duration.ofMinutes(4); // 82 s were seen where 20 processes share 2 cores
  static final Duration END = Duration.ofSeconds(60);
  private static final Duration THREAD_DUMP = Duration.ofSeconds(20);

  /** Those that run. They are in sessions of their own, which no Ctrl-C reaches. */
  private static final Set<Service> RUNNING = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Service::endAll));
  }

  private final Process process;
  private final Path output;
  private final long startedNanos;
  private final Instant startedAt;

  private Service(Process process, Path output, long startedNanos, Instant startedAt) {
    this.process = process;
    this.output = output;
    this.startedNanos = startedNanos;
    this.startedAt = startedAt;
  }

  /** Runs a command, whose output goes to a file; its time counts from before the call. */
  public static Service run(List<String> command, Map<String, String> environment, Path output) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      Instant date = Instant.now();
      long now = System.nanoTime();
      Service service = new Service(builder.start(), output, now, date);
      RUNNING.add(service);
      return service;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command, e);
    }
  }

  /**
   * Starts a jar with plain {@code java -jar}, in a session of its own: CRIU dumps no process whose
   * session leader is outside its PID namespace.
   */
  static Service start(
      Path jar, List<String> jvmOptions, Map<String, String> environment, Path output) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of("setsid", java.toString()));
    command.addAll(jvmOptions);
    command.addAll(List.of("-jar", jar.toString()));
    return run(command, environment, output);
  }

  /** Runs an image's restore script, in the environment for the process. */
  static Service restore(
      Path image, Map<String, String> environment, Path output, String... options) {
    List<String> command = new ArrayList<>(List.of(image.resolve("restore").toString()));
    command.addAll(List.of(options));
    return run(command, environment, output);
  }

  /** Milliseconds from the start of the process to the first HTTP 200 at an address. */
  long firstOkMillis(HttpCalls http, URI address) {
    try {
      Wait.until(
          "200 from " + address,
          START,
          () -> {
            if (!process.isAlive()) {
              throw new IllegalStateException(
                  "The process ended with " + process.exitValue() + ":\n" + output());
            }
            return http.isOk(address);
          });
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException(
          "%s did not answer 200 within %d s. What it said, and what its threads do:%n%s"
              .formatted(address, START.toSeconds(), outputWithThreads()),
          e);
    }
    return (System.nanoTime() - startedNanos) / 1_000_000;
  }

  /** A JVM prints its threads to its own output when it gets a QUIT. */
  private String outputWithThreads() {
    for (long jvm : jvms()) {
      signal("QUIT", jvm);
    }
    try {
      Wait.until("the threads", THREAD_DUMP, () -> output().contains("JNI global refs"));
    } catch (ConditionTimeoutException e) {
      return output() + "(no thread dump came)";
    }
    return output();
  }

  /** When it was started, by {@link System#nanoTime()}. */
  public long startedNanos() {
    return startedNanos;
  }

  /** The same by the wall clock, which other processes have as well. */
  Instant startedAt() {
    return startedAt;
  }

  long pid() {
    return process.pid();
  }

  /** Whether it has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Sends it a signal, such as TERM. */
  public void signal(String name) {
    signal(name, process.pid());
  }

  /** Sends a signal to a process of ours. */
  public static void signal(String name, long pid) {
    try {
      // The shell's own kill: the command of that name is not on every machine.
      Process kill = new ProcessBuilder("sh", "-c", "kill -s " + name + " " + pid).start();
      if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("Cannot send " + name + " to " + pid);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot send " + name + " to " + pid, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while sending " + name, e);
    }
  }

  /** Waits for the end; the exit status. */
  public int exitStatus() {
    return exitStatus(END);
  }

  /** The same with another bound. */
  public int exitStatus(Duration bound) {
    try {
      if (!process.waitFor(bound.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("The process did not end:\n" + output());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for a process", e);
    }
  }

  /** What it has said. */
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The JVMs among this process and what it started. */
  public List<Long> jvms() {
    return java.util.stream.Stream.concat(
            java.util.stream.Stream.of(process.toHandle()), process.toHandle().descendants())
        .filter(handle -> handle.info().command().orElse("").endsWith("/bin/java"))
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Ends the process and all that it started, if it still runs. */
  @Override
  public void close() {
    end();
    exitStatus();
  }

  private void end() {
    List<ProcessHandle> all = new ArrayList<>(process.toHandle().descendants().toList());
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    RUNNING.remove(this);
  }

  /** Ends all that still run, when the demo itself ends early. */
  private static void endAll() {
    RUNNING.forEach(Service::end);
  }
}
