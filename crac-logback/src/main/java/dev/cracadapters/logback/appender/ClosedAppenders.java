/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.event.EventBound;
import dev.cracadapters.logback.event.LoggerGate;
import java.util.ArrayList;
import java.util.List;

/**
 * What is closed of a context's appenders of one kind, and what watches for further ones: children
 * that sifting appenders build meanwhile come with an open file or connection.
 *
 * <p>The monitor lets one thread at a time close. Without it a checkpoint that is given up, and
 * still runs when the restore begins, could close what nobody opens again. It is not held while a
 * watch begins or ends: both take the sifting appender's monitor, and a thread that logs holds that
 * one first.
 *
 * @param <A> the kind
 */
public abstract class ClosedAppenders<A extends Appender<?>> implements OpenPart {

  protected final LogbackSettings settings;
  protected final LogbackMembers fields;
  protected final EventBound bound;
  private final List<Runnable> watches = new ArrayList<>();
  private boolean closing;

  /** Closes nothing yet; threads wait at the gate from before the first close on. */
  protected ClosedAppenders(LogbackSettings settings, LoggerGate gate, LogbackMembers fields) {
    this.settings = settings;
    this.fields = fields;
    this.bound = EventBound.of(settings, gate);
  }

  /** From now on what is open is closed. */
  protected synchronized void begin() {
    closing = true;
  }

  protected synchronized boolean isClosing() {
    return closing;
  }

  /** From now on nothing is closed. */
  protected void end() {
    List<Runnable> ended;
    synchronized (this) {
      closing = false;
      ended = List.copyOf(watches);
      watches.clear();
    }
    ended.forEach(Runnable::run);
  }

  protected abstract List<? extends A> appenders(Appenders found);

  /** Closes what is open of one appender; called under the monitor. */
  protected abstract void close(A appender, Deadline deadline)
      throws RefusedException, InterruptedException;

  @Override
  public void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    Appenders.of(context).sifting().forEach(this::watch);
    // Once more, for what the sifting appenders have built before they were watched.
    closeAll(Appenders.of(context), deadline);
  }

  private void closeAll(Appenders found, Deadline deadline)
      throws RefusedException, InterruptedException {
    new EachTried<>(appenders(found), RefusedException.class)
        .run(
            appender -> {
              synchronized (this) {
                if (closing) {
                  close(appender, deadline);
                }
              }
            });
  }

  private void watch(SiftingAppenderBase<?> appender) {
    Runnable end = WatchedTracker.install(appender, fields, this);
    synchronized (this) {
      if (closing) {
        watches.add(end);
        return;
      }
    }
    end.run();
  }

  /** A child that a sifting appender has just built, on the thread that logs to it. */
  void closeNew(Appender<?> child) {
    try {
      closeAll(Appenders.below(child), Deadline.after(settings.drainTimeout()));
    } catch (RefusedException e) {
      // It stays open, which the descriptor audit finds. The event must not suffer.
      child.addWarn("Open at a checkpoint", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
