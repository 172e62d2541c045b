/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.status.WarnStatus;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import java.io.IOException;
import java.util.List;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Closes the log files of a {@link LoggerContext} before a checkpoint and opens them after the
 * restore. The appenders are looked up at each checkpoint: every {@code FileAppender} and {@code
 * RollingFileAppender}, or subclass, that is attached to a logger, or below an asynchronous, a
 * sifting or any other appender that others can be attached to. Console appenders stay as they are.
 *
 * <p><b>At a checkpoint</b> queues of asynchronous appenders are written, compressions of rolled
 * files are waited for, buffers are flushed, and the files are closed. Events that are logged from
 * then on are encoded as always and kept in memory. When {@link LogbackSettings#bufferSize()}
 * events are kept for a file, each further one waits for the file, but no longer than 1 ms, and is
 * then kept all the same: a thread that floods the log is slowed down, and a thread that the
 * checkpoint itself depends on is not stopped. The thread that runs this resource never waits.
 *
 * <p><b>At a restore</b> each file is opened for appending, with its folder if that is gone, and
 * the kept events are written before any other. A rolling appender rolls over at the next event, if
 * it is due.
 *
 * <p><b>On failure</b>: what cannot be written or closed refuses the checkpoint, by a {@link
 * RefusedException} that names the file. If files cannot be opened after the restore, {@link
 * #afterRestore} opens the others and then throws an {@link IOException} that names each. Such an
 * appender keeps its events: the first event that finds the file writable (it is tried once a
 * second) writes all that was kept. Only when nothing could be written and {@code bufferSize}
 * events are kept are further events lost, with an error in Logback's status list that says so. An
 * appender that is stopped while its file is closed writes what it kept at once; if it cannot, it
 * writes that to standard error.
 */
public final class LogbackResource implements PhasedResource {

  private final LoggerContext context;
  private final LogbackSettings settings;

  /** In the order in which they are closed; they are opened in the reverse one. */
  private final List<OpenPart> parts;

  private final SinceCheckpoint sinceCheckpoint = new SinceCheckpoint();
  private final @Nullable ConfigurationSource source;

  private LogbackResource(
      LoggerContext context, LogbackSettings settings, @Nullable ConfigurationSource source) {
    this.context = context;
    this.settings = settings;
    this.parts = List.of(new ClosedFiles(settings));
    this.source = source;
  }

  /**
   * The resource of a context, with the settings of the system properties {@code crac.logback.*}.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   * @throws IllegalStateException if this version of Logback, or the way it is loaded, does not
   *     allow its files to be closed
   * @throws IllegalArgumentException if a setting cannot be read
   */
  public static LogbackResource of(LoggerContext context) {
    return of(context, LogbackSettings.fromSystemProperties());
  }

  /**
   * The resource of a context.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @param settings how much is kept, and how long is waited
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   * @throws IllegalStateException if this version of Logback, or the way it is loaded, does not
   *     allow its files to be closed
   */
  public static LogbackResource of(LoggerContext context, LogbackSettings settings) {
    return new LogbackResource(context, settings, settings.reload() ? new Reload(context) : null);
  }

  /**
   * The resource of a context that a framework configures.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @param settings how much is kept, and how long is waited; whether the configuration is read
   *     again is the source's to know
   * @param source how the context is configured anew after a restore
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   * @throws IllegalStateException if this version of Logback, or the way it is loaded, does not
   *     allow its files to be closed
   */
  public static LogbackResource of(
      LoggerContext context, LogbackSettings settings, ConfigurationSource source) {
    return new LogbackResource(context, settings, source);
  }

  /**
   * Registers the context that SLF4J logs to with the process's coordinator.
   *
   * @return the registration
   * @throws IllegalStateException if SLF4J does not log to Logback, or as for {@link
   *     #of(LoggerContext)}
   */
  public static Registration install() {
    ILoggerFactory factory = LoggerFactory.getILoggerFactory();
    if (!(factory instanceof LoggerContext context)) {
      throw new IllegalStateException(
          "SLF4J logs to %s, not to Logback".formatted(factory.getClass().getName()));
    }
    return CheckpointCoordinator.global().register(of(context));
  }

  @Override
  public String name() {
    String name = context.getName();
    return name == null ? "logback" : "logback " + name;
  }

  @Override
  public int phase() {
    return Phase.LOGGING;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> ignored)
      throws RefusedException, InterruptedException {
    Deadline deadline = Deadline.after(settings.drainTimeout());
    sinceCheckpoint.begin();
    if (source != null) {
      note(source);
    }
    close(deadline);
  }

  private void note(ConfigurationSource present) {
    try {
      present.note();
    } catch (RuntimeException | LinkageError e) {
      // No reason to refuse a checkpoint. A restore says what it cannot do.
      context
          .getStatusManager()
          .add(new WarnStatus("What the configuration is made from cannot be told", this, e));
    }
  }

  private void close(Deadline deadline) throws RefusedException, InterruptedException {
    RefusedException refusal = null;
    for (OpenPart part : parts) {
      try {
        part.close(context, deadline);
      } catch (RefusedException e) {
        refusal = ClosedFiles.join(refusal, e);
      }
    }
    if (refusal != null) {
      throw refusal;
    }
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> ignored) throws IOException {
    IOException failure = null;
    try {
      open(Deadline.after(settings.drainTimeout()));
    } catch (IOException e) {
      failure = e;
    }
    // After the files: what was kept belongs to the old configuration, and those who wait for room
    // have to be let go before all who log can be waited for.
    if (sinceCheckpoint.isRestored() && source != null && change(source)) {
      return; // the files that could not be opened are no longer logged to
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Has the context configured anew; false where the configuration is as before. */
  private boolean change(ConfigurationSource newSource) throws IOException {
    boolean changed =
        new Reconfiguration(context, settings.drainTimeout()).run(newSource, this::close);
    try {
      open(Deadline.after(settings.drainTimeout()));
    } catch (IOException e) {
      if (!changed) {
        throw e;
      }
      // What cannot be opened belongs to the old configuration, and is no longer logged to.
      context.getStatusManager().add(new WarnStatus(e.getMessage(), this, e));
    }
    return changed;
  }

  private void open(Deadline deadline) throws IOException {
    IOException failure = null;
    for (int i = parts.size() - 1; i >= 0; i--) {
      try {
        parts.get(i).open(deadline);
      } catch (IOException e) {
        failure = ClosedFiles.join(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
