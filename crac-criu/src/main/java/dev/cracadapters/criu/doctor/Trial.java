/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Takes a checkpoint of a small JVM with the engine itself, and restores it. */
public final class Trial {

  private static final String SUBJECT = "trial";
  private static final long LIMIT_SECONDS = 60;
  private static final int STATUS_KILLED = 137;

  private final String criu;

  public Trial(String criu) {
    this.criu = criu;
  }

  /** In a folder of its own, which is removed again. Tells the times, or why it did not work. */
  public Finding run() throws InterruptedException {
    try {
      Path folder = Files.createTempDirectory(TemporaryFolder.trusted(), "crac-trial-");
      try {
        return run(folder);
      } finally {
        ImageFolder.discard(folder);
      }
    } catch (RefusedException e) {
      return fails(e.getMessage());
    } catch (IOException | UncheckedIOException e) {
      return fails("it could not start (" + e + ")");
    }
  }

  private Finding run(Path folder) throws IOException, InterruptedException {
    Path image = folder.resolve("image");
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    // The collector that is asked about, and with it the heap.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-X"))
        .forEach(command::add);
    command.addAll(
        List.of(
            "-Dcrac.criu=" + criu,
            "-Dcrac.engine=criu",
            "-Dcrac.image=" + image,
            "-Dcrac.criu.dump-timeout=" + LIMIT_SECONDS + "s",
            "-cp",
            System.getProperty("java.class.path"),
            TrialProcess.class.getName()));
    Ended taken = run(command, folder, "checkpoint");
    if (taken.status != STATUS_KILLED) {
      return fails("a small JVM was not imaged: " + taken.describe());
    }
    Ended restored = run(List.of(image.resolve("restore").toString()), folder, "restore");
    if (restored.status != 0) {
      return fails("the image of a small JVM was not restored: " + restored.describe());
    }
    return Finding.ok(
        SUBJECT,
        "a small JVM was imaged in %d ms and restored in %d ms; its image had %d MB"
            .formatted(
                taken.millis - printedMillis(taken),
                printedMillis(restored) - restored.startMillis,
                size(image)));
  }

  private static Finding fails(String text) {
    return Finding.fails(SUBJECT, text, "See what else was found, and what CRIU said");
  }

  /** The time that the process printed: when it asks for the checkpoint, or when it is back. */
  private static long printedMillis(Ended ended) {
    return Long.parseLong(ended.output.lines().reduce("", (first, last) -> last).strip());
  }

  private static long size(Path image) throws IOException {
    try (Stream<Path> files = Files.list(image.resolve("criu"))) {
      return files.mapToLong(file -> file.toFile().length()).sum() >> 20;
    }
  }

  /** How a process ended, when it was started and when it ended. */
  private record Ended(int status, long startMillis, long millis, String output, String error) {

    String describe() {
      List<String> words =
          Stream.concat(output.lines(), error.lines())
              // What is printed on the way is the time.
              .filter(line -> !line.startsWith("SLF4J") && !line.matches("\\s*\\d*\\s*"))
              .toList();
      return "exit status " + status + "; " + String.join("; ", words);
    }
  }

  private static Ended run(List<String> command, Path folder, String name)
      throws IOException, InterruptedException {
    File output = folder.resolve(name + ".out").toFile();
    File error = folder.resolve(name + ".err").toFile();
    long start = System.currentTimeMillis();
    Process process =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output)
            .redirectError(error)
            .start();
    int status = -1;
    try {
      if (process.waitFor(LIMIT_SECONDS * 2, TimeUnit.SECONDS)) {
        status = process.exitValue();
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return new Ended(
        status,
        start,
        System.currentTimeMillis(),
        Files.readString(output.toPath()),
        Files.readString(error.toPath()));
  }
}
