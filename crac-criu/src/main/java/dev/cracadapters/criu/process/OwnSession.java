/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The session of this process, whose leader CRIU wants to see. */
public final class OwnSession {

  private OwnSession() {}

  /** Refuses what CRIU would refuse only after the walk. */
  public static void check() throws RefusedException {
    if (leaderIsOutside()) {
      throw new RefusedException(
          "CRIU",
          "the leader of the JVM's session is outside its PID namespace, and CRIU cannot dump that",
          "Start the JVM in a session of its own: setsid java ...");
    }
  }

  /** The kernel gives session 0 for a leader that has no PID in this namespace; see proc(5). */
  static boolean leaderIsOutside() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return afterName[3].equals("0");
    } catch (IOException e) {
      return false; // CRIU will say it
    }
  }
}
