/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.support.OutcomeLog;
import dev.cracadapters.core.support.SignalHandling;
import dev.cracadapters.core.support.UnreadableSettings;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A signal that asks for a checkpoint: {@code crac.checkpoint-signal=USR1} and {@code kill -s USR1
 * PID}. Off by default. The handler is part of the image: a restored process is asked in the same
 * way.
 *
 * <p>The JVM itself uses USR2 for one thing, to stop a thread while Flight Recorder takes a sample
 * of it, so with USR2 no checkpoint is taken while a recording runs (and the recording has no
 * execution samples), unless the environment variable {@code _JAVA_SR_SIGNUM} gave the JVM another
 * number (12 to 64; 62 is free).
 *
 * <p>The handler of the system property is there as soon as {@code org.crac} or the coordinator is
 * first used. Until then the signal ends the process, unless it was started with the signal
 * ignored: {@code trap '' USR1; exec java ...}, which is what {@code crac-criu run} does.
 */
public final class CheckpointSignal {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointSignal.class);

  private static final String ENDS_THE_PROCESS = "it ends the process, and would no longer";

  /** Whom a handler would take the signal from, beside the JVM. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "HUP", ENDS_THE_PROCESS,
          "INT", ENDS_THE_PROCESS,
          "TERM", ENDS_THE_PROCESS,
          "PIPE", "the JVM uses it itself",
          "CHLD", "it comes whenever a child process ends",
          "CONT", "it comes whenever the process is continued, as after every dump",
          "TSTP", "a terminal sends it to stop the process",
          "PROF", "profilers send it for every sample",
          "VTALRM", "profilers send it for every sample");

  private static final long LATE_SAMPLES_NANOS = 1_000_000_000;

  private static final int USR2 = 12;

  /** What the JVM was started with: a restore has another environment. */
  private static final int SAMPLING_SIGNAL = samplingSignal(System.getenv("_JAVA_SR_SIGNUM"));

  private static volatile boolean applicationStarts;
  private static boolean namedIsInstalled;

  private final String name;
  private final AtomicBoolean toldWhyNot = new AtomicBoolean();
  private volatile boolean wasSampled;
  private volatile long sampled;

  private CheckpointSignal(String name) {
    this.name = name;
  }

  /**
   * Installs the handler of {@code crac.checkpoint-signal}, if it names one, for as long as the
   * process lives. Calling it again does nothing.
   *
   * @throws IllegalArgumentException as {@link #install}
   */
  public static synchronized void installFromSystemProperty() {
    String name = SystemSettings.below("crac").text("checkpoint-signal", "");
    if (!name.isEmpty() && !namedIsInstalled) {
      install(name);
      namedIsInstalled = true;
    }
  }

  /**
   * As {@link #installFromSystemProperty}, for a class initializer: a value that names no signal,
   * or one of another use, throws nothing. A WARN says so, and checkpoints are refused with it.
   */
  public static void installIfReadable() {
    UnreadableSettings.read(
        "crac.checkpoint-signal",
        () -> {
          installFromSystemProperty();
          return true;
        },
        false);
  }

  /**
   * For a container of beans: while the application starts, the signal takes no checkpoint of the
   * half of it, but is refused in the log.
   *
   * @param starts whether it has begun to start, and not yet ended
   */
  public static void applicationStarts(boolean starts) {
    applicationStarts = starts;
  }

  /**
   * Takes a checkpoint whenever the signal comes. The process goes on when it is refused; the
   * reasons are in the log.
   *
   * @param signal its name, with or without SIG
   * @return closing it gives the signal back to whoever had it before
   * @throws IllegalArgumentException if there is no such signal, or it has another use; the message
   *     says which
   */
  public static Registration install(String signal) {
    String name = signal.strip().toUpperCase(Locale.ROOT).replaceFirst("^SIG", "");
    CheckpointSignal installed = new CheckpointSignal(name);
    installed.requireFree();
    try {
      return SignalHandling.handle(name, installed::received);
    } catch (IllegalArgumentException e) {
      throw refused(name, String.valueOf(e.getMessage()), e);
    }
  }

  private void requireFree() {
    String other = OTHERS.get(name);
    if (other != null) {
      throw refused(name, other, null);
    }
    if (isSamplingSignal()) {
      LOG.info(
          "USR2 asks for checkpoints while Flight Recorder does not record: the JVM uses it for that. "
              + "USR1 is free, or set the environment variable _JAVA_SR_SIGNUM=62 for the JVM");
    }
  }

  private static IllegalArgumentException refused(
      String name, String why, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "checkpoint-signal is \"" + name + "\": " + why + ". Take USR1, or USR2", cause);
  }

  private boolean isSamplingSignal() {
    return name.equals("USR2") && SAMPLING_SIGNAL == USR2;
  }

  /**
   * By which signal the JVM stops its threads. It takes a number above SIGSEGV's, and USR2 in place
   * of any other (see {@code SR_initialize} in HotSpot).
   */
  static int samplingSignal(@Nullable String number) {
    try {
      int given = number == null ? USR2 : Integer.parseInt(number.strip());
      return given >= USR2 && given <= 64 ? given : USR2;
    } catch (NumberFormatException e) {
      return USR2;
    }
  }

  private void received() {
    if (isSamplingSignal() && isTheRecorders()) {
      // Hundreds a second: it may be the JVM's own.
      if (toldWhyNot.compareAndSet(false, true)) {
        LOG.warn(
            "No checkpoint by USR2 while Flight Recorder records: the JVM sends it for each sample. "
                + "Stop the recording, or take checkpoint-signal=USR1");
      }
      return;
    }
    // Not a daemon: when all servers are down it may be the only thread that keeps the JVM alive.
    Thread thread = new Thread(CheckpointSignal::take, "crac-checkpoint");
    thread.setDaemon(false);
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      OutcomeLog.refused(LOG, "checkpoint: there is no thread to take it on (" + e + ")");
    }
  }

  /** Also just after a recording: its last samples' signals may still be on their way. */
  private boolean isTheRecorders() {
    if (isRecording()) {
      sampled = System.nanoTime();
      wasSampled = true;
      return true;
    }
    return wasSampled && System.nanoTime() - sampled < LATE_SAMPLES_NANOS;
  }

  private static boolean isRecording() {
    try {
      return jdk.jfr.FlightRecorder.isInitialized()
          && jdk.jfr.FlightRecorder.getFlightRecorder().getRecordings().stream()
              .anyMatch(recording -> recording.getState() == jdk.jfr.RecordingState.RUNNING);
    } catch (LinkageError e) {
      return false; // a Java without the module jdk.jfr
    }
  }

  private static void take() {
    if (applicationStarts) {
      refuseEarly();
      return;
    }
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    try {
      coordinator.checkpoint();
    } catch (CheckpointException | RestoreException e) {
      LOG.debug("The coordinator has logged why", e);
    } catch (RuntimeException | Error e) {
      LOG.error("The checkpoint by signal failed", e);
    }
  }

  private static void refuseEarly() {
    RefusedException refusal =
        new RefusedException(
            "checkpoint",
            "the application has not started yet",
            "send the signal again when it has");
    OutcomeLog.refusedEarly(LOG, String.valueOf(refusal.getMessage()));
  }
}
