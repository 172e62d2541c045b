/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.status.OnFileStatusListener;
import ch.qos.logback.core.status.StatusListener;
import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The files that a context's status listeners write Logback's own messages to. */
final class StatusFiles implements OpenPart {

  private final LogbackFields fields = new LogbackFields();
  private final List<StatusFile> closed = new ArrayList<>();
  private boolean closing;

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
    for (StatusListener listener : context.getStatusManager().getCopyOfStatusListenerList()) {
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
    IOException failure = null;
    for (StatusFile file : List.copyOf(closed)) {
      try {
        file.openFile();
        closed.remove(file);
      } catch (IOException e) {
        failure = ClosedFiles.join(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
