/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.status.WarnStatus;
import dev.cracadapters.core.AuditedResource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.support.RestoreWatch;
import dev.cracadapters.logback.appender.FileHolders;
import dev.cracadapters.logback.configuration.Reconfiguration;
import dev.cracadapters.logback.configuration.Rehearsing;
import dev.cracadapters.logback.configuration.Reload;
import dev.cracadapters.logback.event.LoggerGate;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
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
 * events, or {@link LogbackSettings#bufferBytes()} bytes, are kept for a file, {@link
 * LogbackSettings#onFull()} says what happens: every thread that logs to this context waits until
 * the files are open again, or the oldest event is dropped and the file later says how many were.
 * The threads of the checkpoint itself never wait, nor do those of asynchronous appenders; others
 * wait without a limit only while the checkpoint waits for somebody outside, else no longer than
 * {@link LogbackSettings#drainTimeout()}, since the checkpoint may need what they hold. What these
 * log is kept beyond the bound.
 *
 * <p><b>At a restore</b> each file is opened for appending, with its folder if that is gone, and
 * the kept events are written before any other; {@link LogbackSettings#onRestore()} may have it
 * rolled, or given another name, before that. A rolling appender rolls over at the next event, if
 * it is due, and names the archive by the period of the checkpoint.
 *
 * <p><b>Connections</b> of appenders to the network (sockets, syslog, mail) are closed, too, after
 * what was logged before has been sent. What is logged meanwhile is kept within the same bound, and
 * sent after the restore, when each host is resolved anew. A peer that does not take what is to be
 * sent refuses the checkpoint.
 *
 * <p><b>A Logback that lacks what is needed</b> is named in a WARN when this class is first used,
 * and refuses each checkpoint.
 *
 * <p><b>On failure</b>: what cannot be written or closed refuses the checkpoint, by a {@link
 * RefusedException} that names the file. If files cannot be opened after the restore, {@link
 * #afterRestore} opens the others and then throws an {@link IOException} that names each; Logback's
 * status list and standard error name it, too, once. Such an appender keeps its events: the first
 * event that finds the file writable (it is tried once a second) writes all that was kept. No
 * thread waits for such a file. When as many are kept for it as may be, further ones are lost, or
 * with {@code DROP_OLDEST} the oldest, with an error in Logback's status list that says so, and
 * their number in the file as soon as it is writable. An appender that is stopped while its file is
 * closed writes what it kept at once; if it cannot, it writes that to standard error.
 */
public final class LogbackResource implements AuditedResource {

  /**
   * Whose each context is in the walk that is under way: one that is registered by hand may be one
   * that {@link #install()} finds, too.
   */
  private static final Map<LoggerContext, LogbackResource> CLAIMS = new ConcurrentHashMap<>();

  private final LoggerContext context;
  private final LogbackSettings settings;

  private final LoggerGate gate;
  private final ClosedParts parts;
  private final @Nullable ConfigurationSource source;

  /** Watches for a restore from the walk down on, until the walk up has asked. */
  private @Nullable RestoreWatch watch;

  private LogbackResource(
      LoggerContext context,
      LogbackSettings settings,
      Function<Consumer<FileAppender<?>>, @Nullable ConfigurationSource> source) {
    this.context = context;
    this.settings = settings;
    this.gate = new LoggerGate(settings.drainTimeout());
    this.parts = new ClosedParts(context, settings, gate, this::configuredMeanwhile);
    this.source = source.apply(parts::name);
  }

  /**
   * The resource of a context, with the settings of the system properties {@code crac.logback.*}.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
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
   */
  public static LogbackResource of(LoggerContext context, LogbackSettings settings) {
    return new LogbackResource(
        context, settings, naming -> settings.reload() ? new Reload(context, naming) : null);
  }

  /**
   * The resource of a context that a framework configures.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @param settings how much is kept, and how long is waited; whether the configuration is read
   *     again is the source's to know
   * @param source how the context is configured anew after a restore
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   */
  public static LogbackResource of(
      LoggerContext context, LogbackSettings settings, ConfigurationSource source) {
    return new LogbackResource(context, settings, naming -> source);
  }

  /**
   * The resource of all contexts that Logback knows of: the one that SLF4J logs to, and those of
   * Logback's context selector. They are looked up at each checkpoint. A context that an
   * application made by hand is not among them.
   *
   * @param settings how much is kept, and how long is waited
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   */
  public static PhasedResource ofAllContexts(LogbackSettings settings) {
    return ofAllContexts(settings, context -> Optional.empty());
  }

  /**
   * The resource of all contexts that Logback knows of, of which a framework configures some.
   *
   * @param settings how much is kept, and how long is waited
   * @param sources how a context is configured anew after a restore; empty for one that the
   *     framework does not configure
   * @return the resource, to be registered with a {@link CheckpointCoordinator}
   */
  public static PhasedResource ofAllContexts(
      LogbackSettings settings, Function<LoggerContext, Optional<ConfigurationSource>> sources) {
    return new AllContexts(
        context ->
            sources
                .apply(context)
                .map(source -> of(context, settings, source))
                .orElseGet(() -> of(context, settings)),
        settings.drainTimeout());
  }

  /**
   * Registers all contexts that Logback knows of with the process's coordinator: {@link
   * #ofAllContexts} with the settings of the system properties {@code crac.logback.*}.
   *
   * @return the registration
   * @throws IllegalStateException if SLF4J does not log to Logback, and no context selector has a
   *     context
   */
  public static Registration install() {
    if (AllContexts.find().isEmpty()) {
      throw new IllegalStateException(
          "SLF4J logs to %s, not to Logback"
              .formatted(LoggerFactory.getILoggerFactory().getClass().getName()));
    }
    return CheckpointCoordinator.global()
        .register(ofAllContexts(LogbackSettings.fromSystemProperties()));
  }

  /**
   * Registers a context that an application made by hand with the process's coordinator. It does no
   * harm where {@link #install()} finds the context, too.
   *
   * @param context whose files are closed at a checkpoint; it may be reset and configured anew
   * @return the registration
   */
  public static Registration install(LoggerContext context) {
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
    close(Deadline.after(settings.drainTimeout()));
  }

  /** As {@link #beforeCheckpoint}, with others in one time. */
  void close(Deadline deadline) throws RefusedException, InterruptedException {
    ClosedParts.refuseUnsupported();
    LogbackResource owner = CLAIMS.putIfAbsent(context, this);
    if (owner != null && owner != this) {
      return;
    }
    watch = RestoreWatch.begin();
    if (source != null) {
      note(source);
    }
    parts.close(context, deadline);
  }

  private void note(ConfigurationSource present) {
    try {
      present.note();
    } catch (RuntimeException | LinkageError e) {
      // No reason to refuse a checkpoint. A restore says what it cannot do.
      context
          .getStatusManager()
          .add(new WarnStatus("It is not known what the configuration is made from", this, e));
    }
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> ignored) throws IOException {
    open(Deadline.after(settings.drainTimeout()));
  }

  /** As {@link #afterRestore}, with others in one time. */
  void open(Deadline deadline) throws IOException {
    if (CLAIMS.get(context) != this) {
      parts.open(deadline); // what could not be opened the last time
      return;
    }
    try {
      openAndReload(deadline);
    } finally {
      CLAIMS.remove(context, this);
    }
  }

  private void openAndReload(Deadline deadline) throws IOException {
    IOException failure = null;
    try {
      parts.open(deadline);
    } catch (IOException e) {
      failure = e;
    }
    // After the files: what was kept belongs to the old configuration, and threads that wait for
    // room have to go on before all that log can be waited for.
    RestoreWatch begun = watch;
    watch = null;
    boolean rehearsal = begun != null && begun.isRehearsal();
    if (begun != null
        && begun.isRestored()
        && source != null
        && change(rehearsal ? new Rehearsing(source) : source)) {
      return; // the files that could not be opened are no longer logged to
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Has the context configured anew; false where the configuration is as before. */
  private boolean change(ConfigurationSource newSource) throws IOException {
    boolean changed =
        new Reconfiguration(context, gate)
            .run(
                newSource,
                deadline -> {
                  parts.beforeReload();
                  parts.close(context, deadline);
                },
                this::configuredMeanwhile);
    try {
      parts.open(Deadline.after(settings.drainTimeout()));
    } catch (IOException e) {
      if (!changed) {
        throw e;
      }
      // What cannot be opened belongs to the old configuration, and is no longer logged to.
      context.getStatusManager().add(new WarnStatus(e.getMessage(), this, e));
    }
    return changed;
  }

  @Override
  public void beforeAudit() throws RefusedException, InterruptedException {
    if (CLAIMS.get(context) == this) {
      parts.closeFurther(context, Deadline.after(settings.drainTimeout()));
    }
  }

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    return FileHolders.remedy(context, descriptor);
  }

  /** The context was configured while its files are closed, by the application or by us. */
  private void configuredMeanwhile() {
    try {
      parts.closeFurther(context, Deadline.after(settings.drainTimeout()));
    } catch (RefusedException e) {
      // Asked once more before the audit, which refuses the checkpoint then.
      context.getStatusManager().add(new WarnStatus("Open at a checkpoint", this, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
