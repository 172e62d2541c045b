/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.RefusedException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The criu command: where it is, which version it is, and whether it works on this kernel. */
final class CriuCommand {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String INSTALL =
      "Install CRIU 4.0 or newer (Debian 13: apt-get install criu), or name one by -Dcrac.criu=/path/to/criu";

  private final Path path;
  private final Duration limit;
  private @Nullable String version;

  private CriuCommand(Path path, Duration limit) {
    this.path = path;
    this.limit = limit;
  }

  /** Finds the command, by its path or in {@code PATH}. */
  static CriuCommand find(String command) throws RefusedException {
    if (!System.getProperty("os.name").equals("Linux")) {
      throw new RefusedException(
          "CRIU",
          "it exists for Linux only, and this is " + System.getProperty("os.name"),
          "Set the engine to pause to go through the walk without a snapshot");
    }
    if (ProcessHandle.current().pid() == 1) {
      throw new RefusedException(
          "CRIU",
          "the JVM is PID 1, and adopts what would have to dump it from outside",
          "Start the JVM below an init, for example docker run --init");
    }
    if (command.contains("/")) {
      Path named = Path.of(command).toAbsolutePath().normalize();
      if (!Files.isExecutable(named)) {
        throw new RefusedException("CRIU", "there is no command " + named, INSTALL);
      }
      return new CriuCommand(named, LIMIT);
    }
    String searched = System.getenv().getOrDefault("PATH", "");
    for (String folder : searched.split(File.pathSeparator)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, command).toAbsolutePath();
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return new CriuCommand(candidate.normalize(), LIMIT);
      }
    }
    throw new RefusedException(
        "CRIU", "there is no command " + command + " in PATH (" + searched + ")", INSTALL);
  }

  Path path() {
    return path;
  }

  /** The same command, given up earlier or later when it hangs. */
  CriuCommand limitedTo(Duration otherLimit) {
    return new CriuCommand(path, otherLimit);
  }

  /** Asks CRIU whether this kernel has what it needs. */
  void check() throws RefusedException {
    String said = run("check");
    if (said.contains("Looks good")) {
      return;
    }
    List<String> words = said.lines().filter(line -> !line.isBlank()).toList();
    String last = String.join("; ", words.subList(Math.max(0, words.size() - 3), words.size()));
    throw new RefusedException(
        "CRIU",
        "%s does not work on kernel %s with these rights. It said: %s"
            .formatted(path, System.getProperty("os.version"), last.isEmpty() ? "nothing" : last),
        last.contains("permitted") || last.contains("CAP_")
            ? "Run as root, or with the capabilities CHECKPOINT_RESTORE, SYS_PTRACE and SETPCAP"
            : INSTALL);
  }

  /** The version, such as 4.1.1, for the manifest. */
  String version() throws RefusedException {
    String known = version;
    if (known == null) {
      known = askVersion();
      version = known;
    }
    return known;
  }

  private String askVersion() throws RefusedException {
    return run("--version")
        .lines()
        .filter(line -> line.startsWith("Version: "))
        .map(line -> line.substring("Version: ".length()))
        .findFirst()
        .orElse("unknown");
  }

  private String run(String argument) throws RefusedException {
    Path output = null;
    Process process = null;
    try {
      output = Files.createTempFile("criu-", ".out");
      process =
          new ProcessBuilder(path.toString(), argument)
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new RefusedException(
            "CRIU",
            path + " " + argument + " did not end within " + limit.toMillis() + " ms",
            INSTALL);
      }
      return Files.readString(output);
    } catch (IOException e) {
      throw new RefusedException("CRIU", path + " cannot be started (" + e + ")", INSTALL, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(
          "CRIU", "the thread that asked it was interrupted", "Ask for the checkpoint again", e);
    } finally {
      if (process != null) {
        process.descendants().forEach(ProcessHandle::destroyForcibly); // of a wrapper script
        process.destroyForcibly();
      }
      if (output != null) {
        output.toFile().delete();
      }
    }
  }
}
