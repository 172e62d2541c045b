/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggerContextListener;
import ch.qos.logback.core.status.OnFileStatusListener;
import ch.qos.logback.core.status.StatusListener;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.logback.appender.EachTried;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.appender.OpenPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The files that a context's status listeners write Logback's own messages to.
 *
 * <p>A reset takes such a listener out of the context and leaves its file open, for as long as
 * nobody collects the garbage. So those that a reset takes out are remembered, and stopped at the
 * checkpoint.
 */
public final class StatusFiles implements OpenPart, LoggerContextListener {

  private final LogbackMembers fields;
  private final List<StatusFile> closed = new ArrayList<>();
  private final Set<OnFileStatusListener> removed = Collections.newSetFromMap(new WeakHashMap<>());
  private boolean closing;

  public StatusFiles(LoggerContext context, LogbackMembers fields) {
    this.fields = fields;
    context.addListener(this);
  }

  @Override
  public synchronized void close(LoggerContext context, Deadline deadline) {
    closing = true;
    closed.forEach(StatusFile::closeAgain);
    closeFurther(context, deadline);
  }

  @Override
  public synchronized void closeFurther(LoggerContext context, Deadline deadline) {
    if (!closing) {
      return;
    }
    List<StatusListener> listeners = context.getStatusManager().getCopyOfStatusListenerList();
    stopRemoved(listeners);
    for (StatusListener listener : listeners) {
      if (listener instanceof OnFileStatusListener file && StatusFile.isOpen(file, fields)) {
        Object lock = fields.statusLock(context.getStatusManager());
        StatusFile one = new StatusFile(file, fields, lock);
        closed.add(one);
        one.closeFile();
      }
    }
  }

  @Override
  public synchronized void open(Deadline deadline) throws IOException {
    closing = false;
    new EachTried<>(List.copyOf(closed), IOException.class)
        .run(
            file -> {
              file.openFile();
              closed.remove(file);
            });
  }

  private void stopRemoved(List<StatusListener> present) {
    removed.removeAll(present);
    removed.forEach(OnFileStatusListener::stop);
    removed.clear();
  }

  @Override
  public boolean isResetResistant() {
    return true;
  }

  @Override
  public synchronized void onReset(LoggerContext context) {
    for (StatusListener listener : context.getStatusManager().getCopyOfStatusListenerList()) {
      if (listener instanceof OnFileStatusListener file) {
        removed.add(file);
      }
    }
  }

  @Override
  public void onStart(LoggerContext context) {}

  @Override
  public void onStop(LoggerContext context) {}

  @Override
  public void onLevelChange(Logger logger, Level level) {}
}
