/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.Map;

/**
 * Checkpoints by JMX. The coordinator of a process registers one in the platform MBean server as
 * {@value #NAME}. Its first four members are those of {@code org.crac.management.CRaCMXBean}, which
 * itself knows the JDK's own CRaC alone.
 *
 * <p>A remote connection is a socket of this process: the descriptor audit refuses it like any
 * other. The command {@code crac-criu checkpoint}, and agents in the process itself, have none.
 */
public interface CheckpointMXBean {

  /** The name in the platform MBean server. */
  String NAME = "dev.cracadapters:type=Checkpoint";

  /**
   * {@return how many milliseconds ago this process was restored, by the wall clock; -1 when it was
   * started and not restored}
   */
  long getUptimeSinceRestore();

  /**
   * {@return when this process was restored, in milliseconds since the epoch; -1 when it was
   * started and not restored}
   */
  long getRestoreTime();

  /**
   * {@return whether checkpoints reach the coordinator: not where another implementation of {@code
   * org.crac} was named}
   */
  boolean isImplemented();

  /**
   * Takes a checkpoint as the settings say, and returns in the restored process.
   *
   * @throws IllegalStateException if no snapshot was taken, or not everything came back; the
   *     message has every reason
   */
  void checkpointRestore();

  /**
   * Takes a checkpoint, and returns in the restored process, or in this one when it was refused or
   * left running.
   *
   * @param image the folder to write to; empty for the one of the settings
   * @param leaveRunning whether this process goes on when its image is whole, instead of ending
   * @return the report, as {@link #getLastReport}
   */
  Map<String, String> checkpoint(String image, boolean leaveRunning);

  /**
   * {@return the image folder of the settings, an absolute path, or an empty text where none is
   * named}
   */
  String getImage();

  /**
   * {@return whether the process goes on when its image is whole, as {@code crac.leave-running}
   * says}
   */
  boolean isLeaveRunning();

  /**
   * {@return whether a checkpoint is under way: from the first resource stopped until the last is
   * back}
   */
  boolean isUnderWay();

  /**
   * {@return the report of the last checkpoint: {@code outcome} (a name of {@link
   * CheckpointReport.Outcome}, or {@code NONE}), and where known {@code engine}, {@code startedAt},
   * {@code endedAt}, {@code downMillis}, {@code snapshotMillis}, {@code upMillis}, {@code
   * rehearsalDownMillis} and {@code rehearsalUpMillis} with a number for each rehearsal ({@code
   * 101, 26, 24}), {@code image}, {@code bytes}, {@code heldThreads}, {@code heldMillis}, {@code
   * instanceId}, and {@code failures}, one a line}
   */
  Map<String, String> getLastReport();
}
