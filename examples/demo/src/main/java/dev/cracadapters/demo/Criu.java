/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A CRIU that works here, or why there is none.
 *
 * @param command the command's path, empty when there is none
 * @param reason what stood in the way, empty when nothing did
 */
record Criu(String command, String reason) {

  boolean works() {
    return !command.isEmpty();
  }

  /** Runs {@code tools/criu}. */
  static Criu bring(Path tools) {
    try {
      Path said = Files.createTempFile("criu", ".out");
      Process process =
          new ProcessBuilder(tools.resolve("criu").toString())
              .redirectOutput(ProcessBuilder.Redirect.PIPE)
              .redirectError(said.toFile())
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(5, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return new Criu("", "tools/criu did not end within 5 minutes");
      }
      String words = Files.readString(said).strip();
      Files.delete(said);
      if (process.exitValue() != 0) {
        return new Criu("", words.isEmpty() ? "tools/criu failed" : words);
      }
      return new Criu(new String(process.getInputStream().readAllBytes()).strip(), "");
    } catch (IOException e) {
      return new Criu("", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Criu("", "interrupted");
    }
  }
}
