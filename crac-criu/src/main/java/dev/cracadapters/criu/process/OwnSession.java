/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;

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
      return Proc.self().stat().session() == 0;
    } catch (IOException e) {
      return false; // CRIU will say it
    }
  }
}
