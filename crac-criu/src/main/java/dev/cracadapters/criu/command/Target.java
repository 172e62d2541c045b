/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JVM of this machine, perhaps of another user or in a container.
 *
 * @param pid as it is seen here
 * @param uid its user
 * @param gid its group
 * @param startTime by which it is told from a later process of the same PID
 */
record Target(long pid, int uid, int gid, String startTime) {

  /** Of what follows the command's name in /proc/PID/stat. */
  private static final int STATE = 0;

  private static final int START_TIME = 19;

  static Target of(long pid) throws RefusedException {
    Path process = Path.of("/proc/" + pid);
    String what = "PID " + pid;
    if (!Files.isDirectory(process)) {
      throw new RefusedException(
          what,
          "there is no such process here",
          "Look it up by jps, or by ps when it is in a container");
    }
    try {
      int uid = (Integer) Files.getAttribute(process, "unix:uid");
      int gid = (Integer) Files.getAttribute(process, "unix:gid");
      int own = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      if (own != 0 && own != uid) {
        throw new RefusedException(
            what,
            "it belongs to " + Files.getOwner(process).getName() + ", and nobody else may attach",
            "Run this command as that user, or as root");
      }
      requireJvm(what, process);
      String[] fields = fields(pid);
      if (fields == null) {
        throw new RefusedException(what, "it has just ended", "Start it again");
      }
      return new Target(pid, uid, gid, fields[START_TIME]);
    } catch (IOException e) {
      throw new RefusedException(
          what,
          "it cannot be looked at (" + e + ")",
          "Run this command as its user, or as root",
          e);
    }
  }

  /** A process that is no JVM would be ended by the attach, whose signal is QUIT. */
  private static void requireJvm(String what, Path process) throws IOException, RefusedException {
    if (Files.readAllLines(process.resolve("maps"), StandardCharsets.ISO_8859_1).stream()
        .noneMatch(line -> line.contains("/libjvm.so"))) {
      throw new RefusedException(
          what,
          "it is no JVM: " + commandLine(process),
          "Name the java process itself, not the shell or the restore script that it runs below");
    }
    if (commandLine(process).contains("-XX:+DisableAttachMechanism")) {
      throw new RefusedException(
          what,
          "it was started with -XX:+DisableAttachMechanism",
          "Start it without, or ask for the checkpoint from inside: crac.checkpoint-signal, the actuator's endpoint");
    }
  }

  static String commandLine(Path process) throws IOException {
    String words = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
    return words.replace('\0', ' ').strip();
  }

  /** Where its files lie, seen from here. */
  Path root() {
    return Path.of("/proc/" + pid + "/root");
  }

  boolean hasEnded() {
    String[] fields = fields(pid);
    return fields == null || fields[STATE].equals("Z") || !fields[START_TIME].equals(startTime);
  }

  private static String @Nullable [] fields(long pid) {
    try {
      List<String> lines =
          Files.readAllLines(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      String line = String.join(" ", lines);
      return line.substring(line.lastIndexOf(')') + 2).split(" ");
    } catch (IOException e) {
      return null; // it has ended
    }
  }
}
