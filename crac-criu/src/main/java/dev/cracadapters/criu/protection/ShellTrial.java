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
import java.util.concurrent.TimeUnit;

/** Tries out what a script will do, on a file of a folder that is removed again. */
final class ShellTrial {

  private static final long LIMIT_SECONDS = 20;

  private ShellTrial() {}

  /**
   * Runs commands, to which {@code $1} is a folder with a {@code file}, and the arguments follow.
   *
   * @return an empty text if they succeed, otherwise what they said, in one line
   */
  static String run(String commands, String... arguments) throws RefusedException, IOException {
    Path folder = Files.createTempDirectory(TemporaryFolder.trusted(), "crac-try-");
    try {
      Files.writeString(folder.resolve("file"), "tried out\n");
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
}
