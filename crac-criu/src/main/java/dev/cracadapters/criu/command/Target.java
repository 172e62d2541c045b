/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A JVM of this machine, perhaps of another user or in a container. By its start time it is told
 * from a later process of the same PID.
 */
record Target(long pid, int uid, int gid, String startTime) {

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
      requireJvm(what, pid);
      Target target = new Target(pid, uid, gid, Proc.of(pid).stat().startTime());
      if (target.isStopped()) {
        throw new RefusedException(
            what, "it is stopped, and answers nobody", "Let it go on: kill -s CONT " + pid);
      }
      return target;
    } catch (IOException e) {
      throw new RefusedException(
          what,
          "it cannot be looked at (" + e + ")",
          "Run this command as its user, or as root",
          e);
    }
  }

  /** A process that is no JVM would be ended by the attach, whose signal is QUIT. */
  private static void requireJvm(String what, long pid) throws IOException, RefusedException {
    if (Proc.of(pid).mappings().stream()
        .noneMatch(mapping -> mapping.path().contains("/libjvm.so"))) {
      throw new RefusedException(
          what,
          "it is no JVM: " + commandLine(pid),
          "Name the java process itself, not the shell or the restore script that it runs below");
    }
    if (commandLine(pid).contains("-XX:+DisableAttachMechanism")) {
      throw new RefusedException(
          what,
          "it was started with -XX:+DisableAttachMechanism",
          "Start it without, or ask for the checkpoint from inside: crac.checkpoint-signal, the"
              + " actuator's endpoint");
    }
  }

  private static String commandLine(long pid) throws IOException {
    String words = Proc.text(Proc.of(pid).folder().resolve("cmdline"));
    return words.replace('\0', ' ').strip();
  }

  /** Where its files lie, seen from here. */
  Path root() {
    return Path.of("/proc/" + pid + "/root");
  }

  /** Whether a signal has stopped it, STOP or that of a terminal. CRIU's hold is another state. */
  boolean isStopped() {
    try {
      return Proc.of(pid).stat().state().equals("T");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  boolean hasEnded() {
    try {
      Proc.Stat stat = Proc.of(pid).stat();
      return stat.state().equals("Z") || !stat.startTime().equals(startTime);
    } catch (IOException e) {
      return true;
    }
  }
}
