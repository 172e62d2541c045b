/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The dump script and its guard, one of which tells this process what became of the dump. What they
 * are called is kept, for the staging folder, where it is written, may go before they do.
 */
public final class DumpProcesses {

  /** By the shell that starts the dump script: its PID. */
  public static final String STARTED = "started";

  /** By the dump script: its own PID and the guard's. */
  private static final String SCRIPTS = "scripts";

  private final Path staging;
  private long script;
  private long guard;

  private DumpProcesses(Path staging) {
    this.staging = staging;
  }

  /** Those that work in a staging folder, or will. */
  public static DumpProcesses in(Path staging) {
    return new DumpProcesses(staging);
  }

  /**
   * Waits until both are known, or the script has written why it does not begin; returns false if
   * it ends before, or time is over.
   */
  public boolean awaitBoth(Mailbox mailbox, Deadline limit) throws InterruptedException {
    limit.await(() -> guardIsKnown() || mailbox.hasMail() || haveEnded());
    return guardIsKnown() || mailbox.hasMail();
  }

  /** Whether both have ended. Before the dump script was started they have not. */
  boolean haveEnded() {
    boolean known = guardIsKnown();
    if (script == 0) {
      script = pid(STARTED, 0);
    }
    return script != 0 && !lives(script) && (!known || !lives(guard));
  }

  /** Both are known then: who looks late may find the staging folder gone at the next look. */
  private boolean guardIsKnown() {
    if (guard == 0) {
      guard = pid(SCRIPTS, 1);
      script = guard == 0 ? script : pid(SCRIPTS, 0);
    }
    return guard != 0;
  }

  private long pid(String file, int index) {
    try {
      String text = Files.readString(staging.resolve(file));
      // Without the end of the line it is still being written.
      return text.endsWith("\n") ? Long.parseLong(text.strip().split(" ")[index]) : 0;
    } catch (IOException e) {
      return 0; // it is not there yet, or not any more
    }
  }

  private static boolean lives(long pid) {
    try {
      return !"ZX".contains(Proc.of(pid).stat().state());
    } catch (IOException e) {
      return false;
    }
  }
}
