/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The CRIU that {@code tools/criu} finds on this machine, or brings. Asked once in a JVM. */
public final class WorkingCriu {

  /** Longer than the downloads take on a slow line. */
  private static final long SECONDS = 180;

  private static final class Here {
    static final WorkingCriu INSTANCE = ask(Path.of(System.getProperty("crac.tools", "tools")));
  }

  private final boolean works;
  private final String said;

  private WorkingCriu(boolean works, String said) {
    this.works = works;
    this.said = said;
  }

  /**
   * The CRIU of this machine.
   *
   * @return always the same; the first call may take as long as a download does
   */
  public static WorkingCriu here() {
    return Here.INSTANCE;
  }

  /**
   * Asks the script {@code criu} of a folder.
   *
   * @param tools the folder
   * @return what it said
   */
  static WorkingCriu ask(Path tools) {
    Path script = tools.resolve("criu");
    if (!System.getProperty("os.name").equals("Linux")) {
      return new WorkingCriu(false, "it exists for Linux only");
    }
    Process process = null;
    try {
      Path output = Files.createTempFile("tools-criu-", ".out");
      Path words = Files.createTempFile("tools-criu-", ".err");
      try {
        process =
            new ProcessBuilder(script.toString())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile())
                .redirectError(words.toFile())
                .start();
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
          return new WorkingCriu(false, script + " did not end within " + SECONDS + " s");
        }
        return process.exitValue() == 0
            ? new WorkingCriu(true, Files.readString(output).strip())
            : new WorkingCriu(false, Files.readString(words).strip());
      } finally {
        Files.delete(output);
        Files.delete(words);
      }
    } catch (IOException e) {
      return new WorkingCriu(false, script + " cannot be run: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new WorkingCriu(false, "interrupted while " + script + " ran");
    } finally {
      if (process != null) {
        process.destroy();
      }
    }
  }

  /**
   * Whether there is one.
   *
   * @return true if it passes its own check on this kernel
   */
  public boolean works() {
    return works;
  }

  /**
   * Where it is.
   *
   * @return the command
   * @throws IllegalStateException if there is none
   */
  public Path path() {
    if (!works) {
      throw new IllegalStateException("CRIU cannot run here: " + said);
    }
    return Path.of(said);
  }

  /**
   * A command that is CRIU but for one of its actions, for which it does something else, or
   * something first.
   *
   * @param file where to write it
   * @param action {@code dump} or {@code restore}
   * @param lines what a shell does then; it goes on as CRIU where these do not end it
   * @return the file
   * @throws IOException if it cannot be written
   */
  public Path except(Path file, String action, String... lines) throws IOException {
    return Services.script(
        file,
        "#!/bin/sh",
        "if [ \"$1\" = " + action + " ]; then",
        String.join("\n", lines),
        "fi",
        "exec '" + path() + "' \"$@\"");
  }

  /**
   * Why there is none.
   *
   * @return in the words of {@code tools/criu}
   */
  public String reason() {
    return said;
  }
}
