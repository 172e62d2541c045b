/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tries out what a script will do, on a file of a folder that is removed again. */
final class ShellTrial {

  private static final long LIMIT_SECONDS = 20;
  private static final String PREFIX = "crac-try-";

  private ShellTrial() {}

  /**
   * Runs commands, to which {@code $1} is a folder with a {@code file}, and the arguments follow.
   *
   * @return an empty text if they succeed, otherwise what they said, in one line
   * @throws RefusedException if there is no room to try it out
   */
  static String run(String commands, String... arguments) throws RefusedException, IOException {
    Path folder = folder();
    try {
      write(folder.resolve("file"));
      File said = folder.resolve("said").toFile();
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", commands, "crac-try", folder.toString()));
      command.addAll(List.of(arguments));
      Process process =
          new ProcessBuilder(command)
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(said)
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        return "it did not end within " + LIMIT_SECONDS + " s";
      }
      String words = Files.readString(said.toPath(), StandardCharsets.ISO_8859_1).strip();
      if (process.exitValue() == 0) {
        return "";
      }
      if (Files.getFileStore(folder).getUsableSpace() == 0) {
        throw noRoom(folder, null);
      }
      return words.isEmpty()
          ? "exit status " + process.exitValue()
          : words.lines().reduce((one, next) -> one + "; " + next).orElseThrow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "the thread that tried it was interrupted";
    } finally {
      ImageFolder.discard(folder);
    }
  }

  /** As CRIU's words, in memory where the usual folder is for reading, as in some containers. */
  private static Path folder() throws RefusedException {
    try {
      return Files.createTempDirectory(TemporaryFolder.trusted(), PREFIX);
    } catch (IOException e) {
      try {
        return Files.createTempDirectory(Path.of("/dev/shm"), PREFIX);
      } catch (IOException also) {
        throw noRoom(Path.of(System.getProperty("java.io.tmpdir"), PREFIX), e);
      }
    }
  }

  private static void write(Path file) throws RefusedException {
    try {
      Files.writeString(file, "tried out\n");
    } catch (IOException e) {
      throw noRoom(Objects.requireNonNull(file.getParent()), e);
    }
  }

  private static RefusedException noRoom(Path folder, @Nullable IOException cause) {
    return new RefusedException(
        "temporary files",
        "what is tried out has no room in "
            + folder.getParent()
            + (cause == null ? "" : " (" + cause + ")"),
        "Make room there, or name another folder by -Djava.io.tmpdir and TMPDIR",
        cause);
  }
}
