/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Calls runc, each time with a bound, and deletes the containers at the end.
 *
 * @param command where runc is
 * @param folder for its state and all that it writes
 * @param containers the IDs of those that were made
 */
record Runc(Path command, Path folder, List<String> containers) implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Asks {@code tools/runc}, which finds one or brings it, and prints its path. */
  static RunningProcess ask(Path folder) throws IOException {
    Path script = Path.of(System.getProperty("crac.tools", "tools"), "runc");
    return call(List.of(script.toString()), folder, "tools-runc");
  }

  /**
   * Why this machine cannot run, checkpoint and restore any container: rights, control groups and
   * namespaces are the machine's.
   *
   * @return null where it can
   */
  @Nullable String impossible(Bundle bundle) throws Exception {
    String probe = newId();
    String again = newId();
    Path image = Files.createDirectory(folder.resolve("probe"));
    for (List<String> arguments :
        List.of(
            bundle.detached("run", probe),
            checkpoint(image, probe),
            bundle.detached("restore", again, "--image-path", image.toString()))) {
      try (RunningProcess runc = start(arguments, "probe-" + arguments.get(0))) {
        if (runc.awaitExit() != 0) {
          return "a container that does nothing cannot be put through runc %s on this machine: %s"
              .formatted(arguments.get(0), told());
        }
      }
      // Until then runc itself is the container's process, which no CRIU dumps.
      Deadline.after(LIMIT).await(() -> Files.exists(bundle.run().resolve("running")));
    }
    delete(again);
    return null;
  }

  /** A name that no other test's container has. */
  String newId() {
    String id = "crac-" + UUID.randomUUID();
    containers.add(id);
    return id;
  }

  static List<String> checkpoint(Path image, String id, String... options) {
    List<String> arguments = new ArrayList<>(List.of("checkpoint"));
    arguments.addAll(List.of("--image-path", image.toString(), "--work-path", image.toString()));
    arguments.addAll(List.of(options));
    arguments.add(id);
    return arguments;
  }

  /** A container that lives as long as this process, which passes its streams and signals on. */
  RunningProcess attached(Bundle bundle, String name) throws IOException {
    List<String> words = new ArrayList<>(List.of(command.toString()));
    words.addAll(List.of("--log", log().toString(), "--root", folder.resolve("state").toString()));
    words.addAll(List.of("run", "--bundle", bundle.folder().toString(), newId()));
    return call(words, folder, name);
  }

  /** Runs it to its end, which has to be a good one. */
  void call(List<String> arguments) throws Exception {
    try (RunningProcess runc = start(arguments, "runc-" + arguments.get(0))) {
      if (runc.awaitExit() != 0) {
        throw new AssertionError(arguments + ": " + told());
      }
    }
  }

  private Path log() {
    return folder.resolve("runc.log");
  }

  /** What runc said, and CRIU, whose logs runc names. */
  private String told() throws IOException {
    StringBuilder told = new StringBuilder();
    if (Files.exists(log())) {
      told.append(Files.readString(log()));
    }
    try (Stream<Path> files = Files.walk(folder, 2)) {
      for (Path file : files.filter(one -> one.toString().endsWith(".log")).toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          lines.filter(line -> line.contains("Error (")).forEach(told.append('\n')::append);
        }
      }
    }
    return told.toString();
  }

  private RunningProcess start(List<String> arguments, String name) throws IOException {
    List<String> words = new ArrayList<>();
    // Without standard streams: the container inherits them, and a checkpoint has to know them.
    words.addAll(List.of("sh", "-c", "exec \"$@\" < /dev/null > /dev/null 2>&1", "sh"));
    words.add(command.toString());
    words.addAll(List.of("--log", log().toString()));
    words.addAll(List.of("--root", folder.resolve("state").toString()));
    words.addAll(List.of("--criu", WorkingCriu.here().path().toString()));
    words.addAll(arguments);
    return call(words, folder, name);
  }

  /** Newer ones than 1.1 look for CRIU in PATH alone. */
  private static RunningProcess call(List<String> words, Path folder, String name)
      throws IOException {
    String path =
        WorkingCriu.here().path().getParent() + File.pathSeparator + System.getenv("PATH");
    return RunningProcess.start(words, Map.of("PATH", path), folder, name);
  }

  void delete(String id) throws Exception {
    try (RunningProcess runc = start(List.of("delete", "--force", id), "delete")) {
      runc.awaitExit();
    }
  }

  @Override
  public void close() throws IOException {
    for (String id : containers) {
      try {
        delete(id);
      } catch (Exception e) {
        throw new IOException("Container " + id + " is left behind", e);
      }
    }
  }
}
