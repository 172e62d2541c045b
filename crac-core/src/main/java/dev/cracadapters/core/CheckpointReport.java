/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one walk did: the log line, the actuator endpoint and the tests all read this.
 *
 * @param outcome how it ended
 * @param engine the engine that took the snapshot, or was to take it: {@code criu}, {@code pause},
 *     {@code crac}
 * @param startedAt when the walk began
 * @param endedAt when the application was back in service, after the restore or after the roll-back
 * @param downMillis milliseconds from the first resource stopped to the last
 * @param snapshotMillis milliseconds of this process's own clock between down and up; time in which
 *     it did not exist does not count
 * @param upMillis milliseconds until every resource was back
 * @param resources the coordinator's resources in the order in which they were stopped
 * @param descriptors the descriptors that were open at the snapshot, other than the JVM's own and
 *     standard streams
 * @param image where the snapshot was written and its size, or null where the engine writes none
 * @param instanceId the restored process's own identifier, or null when nothing was restored
 * @param failures why it failed, or what could not be brought back; empty when all went well
 * @param hold how the application's threads were held over the snapshot, or null where it needed no
 *     hold
 * @param rehearsals the walks down and up before the one of this report, the first one first; empty
 *     where nothing was rehearsed
 */
public record CheckpointReport(
    Outcome outcome,
    String engine,
    Instant startedAt,
    Instant endedAt,
    long downMillis,
    long snapshotMillis,
    long upMillis,
    List<ResourceWalk> resources,
    List<OpenDescriptor> descriptors,
    @Nullable Image image,
    @Nullable String instanceId,
    List<String> failures,
    @Nullable Hold hold,
    List<Rehearsal> rehearsals) {

  public CheckpointReport {
    rehearsals = List.copyOf(rehearsals);
    resources = List.copyOf(resources);
    descriptors = List.copyOf(descriptors);
    failures = List.copyOf(failures);
  }

  /** A report of a walk that was not rehearsed. */
  public CheckpointReport(
      Outcome outcome,
      String engine,
      Instant startedAt,
      Instant endedAt,
      long downMillis,
      long snapshotMillis,
      long upMillis,
      List<ResourceWalk> resources,
      List<OpenDescriptor> descriptors,
      @Nullable Image image,
      @Nullable String instanceId,
      List<String> failures,
      @Nullable Hold hold) {
    this(
        outcome,
        engine,
        startedAt,
        endedAt,
        downMillis,
        snapshotMillis,
        upMillis,
        resources,
        descriptors,
        image,
        instanceId,
        failures,
        hold,
        List.of());
  }

  /** A report of a walk that was not rehearsed and held no threads. */
  public CheckpointReport(
      Outcome outcome,
      String engine,
      Instant startedAt,
      Instant endedAt,
      long downMillis,
      long snapshotMillis,
      long upMillis,
      List<ResourceWalk> resources,
      List<OpenDescriptor> descriptors,
      @Nullable Image image,
      @Nullable String instanceId,
      List<String> failures) {
    this(
        outcome,
        engine,
        startedAt,
        endedAt,
        downMillis,
        snapshotMillis,
        upMillis,
        resources,
        descriptors,
        image,
        instanceId,
        failures,
        null);
  }

  /** How a walk ended. */
  public enum Outcome {
    /** The snapshot was taken and every resource is back, in the process that is asking. */
    RESTORED,
    /** The snapshot was taken, but not every resource came back: see {@link #failures()}. */
    RESTORED_WITH_FAILURES,
    /**
     * The image was taken, and the process that is asking was left running: every resource is back.
     */
    IMAGED,
    /** As {@link #IMAGED}, but not every resource came back: see {@link #failures()}. */
    IMAGED_WITH_FAILURES,
    /** No snapshot was taken. The application was brought back to service. */
    REFUSED
  }

  /**
   * One resource's part in the walk.
   *
   * @param name the resource
   * @param phase its phase: a name of {@link Phase}, or a number
   * @param beforeMicros microseconds in {@code beforeCheckpoint}, -1 when it was not called
   * @param afterMicros microseconds in {@code afterRestore}, -1 when it was not called
   */
  public record ResourceWalk(String name, String phase, long beforeMicros, long afterMicros) {}

  /**
   * A descriptor that was open at the snapshot.
   *
   * @param number the descriptor's number
   * @param target what it is: a path, or the two ends of a socket
   * @param verdict why it was let pass, or why it was not
   */
  public record OpenDescriptor(int number, String target, String verdict) {}

  /**
   * The snapshot as it was written.
   *
   * @param folder the image folder
   * @param bytes the sum of its files' sizes, -1 when unknown
   * @param parts what took how long at the checkpoint, in order; empty when unknown
   */
  public record Image(Path folder, long bytes, List<Part> parts) {

    public Image {
      parts = List.copyOf(parts);
    }
  }

  /**
   * A part of a snapshot.
   *
   * @param name what was done, such as {@code trim} or {@code dump}
   * @param millis how many milliseconds it took
   */
  public record Part(String name, long millis) {}

  /**
   * How the application's threads were held: suspended from before the snapshot until the phase
   * {@code JDK} was up.
   *
   * @param threads how many platform threads were held; all virtual threads were, too
   * @param millis for how many milliseconds they were held after the restore, as far as this
   *     process can tell: it begins with the process's own first step
   * @param whyNot why threads were not held, or not to the end, as a clause; null where they were
   */
  public record Hold(int threads, long millis, @Nullable String whyNot) {}

  /**
   * A walk down and up before the one that took the snapshot, as {@code crac.rehearse} says.
   *
   * @param downMillis milliseconds from the first resource stopped to the last
   * @param upMillis milliseconds until every resource was back
   */
  public record Rehearsal(long downMillis, long upMillis) {}
}
