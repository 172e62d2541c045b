/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The commands that the dump and the restore script use, and the packages that have them. */
public final class ScriptCommands {

  /** Of the dump script. */
  public static final List<String> DUMP =
      List.of(
          "sh",
          "setsid",
          "cksum",
          "sha256sum",
          "od",
          "awk",
          "stat",
          "mkfifo",
          "mkdir",
          "mktemp",
          "mv",
          "cp",
          "rm",
          "dd",
          "tr",
          "grep",
          "sort",
          "head",
          "sleep",
          "sync");

  /** Of the restore script, where there may be another machine with others. */
  public static final List<String> RESTORE =
      List.of(
          "sh",
          "stat",
          "mkdir",
          "mkfifo",
          "mktemp",
          "cksum",
          "sha256sum",
          "cat",
          "cp",
          "mv",
          "rm",
          "chmod",
          "chown",
          "grep",
          "sed",
          "sleep",
          "timeout",
          "uname");

  /** As which the restore script, and CRIU's action script, name the shell. */
  private static final Path SHELL = Path.of("/bin/sh");

  private ScriptCommands() {}

  /** Both scripts' together. */
  public static Set<String> all() {
    Set<String> all = new LinkedHashSet<>(DUMP);
    all.addAll(RESTORE);
    return all;
  }

  /** Refuses where one is not here that the dump script needs. */
  public static void check() throws RefusedException {
    List<String> missing = missing(DUMP);
    if (!missing.isEmpty()) {
      throw new RefusedException(
          "commands",
          "the dump script needs "
              + String.join(", ", missing)
              + ", which PATH ("
              + SearchPath.searched()
              + ") does not have",
          install(missing));
    }
  }

  /** Those of them that are not in {@code PATH}, or for the shell not in its place. */
  public static List<String> missing(Collection<String> commands) {
    List<String> missing = new ArrayList<>();
    for (String command : commands) {
      if (SearchPath.locate(command).isEmpty()
          || command.equals("sh") && !Files.isExecutable(SHELL)) {
        missing.add(command.equals("sh") ? SHELL.toString() : command);
      }
    }
    return missing;
  }

  /** What to install, as a sentence. */
  public static String install(Collection<String> commands) {
    Set<String> packages = new TreeSet<>();
    for (String command : commands) {
      packages.add(
          switch (command) {
            case "/bin/sh" -> "a shell (dash or bash)";
            case "setsid" -> "util-linux";
            case "awk" -> "mawk or gawk";
            case "grep", "sed" -> command;
            default -> "coreutils";
          });
    }
    return "Install "
        + String.join(", ", packages)
        + ", or busybox, which has them all; an image without a shell (distroless) has none";
  }
}
