/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import java.io.IOException;
import java.util.List;

/**
 * Several parts, each of which is tried also where another one fails.
 *
 * @param parts in the order in which they are closed; they are opened in the reverse one
 */
public record OpenParts(List<OpenPart> parts) implements OpenPart {

  @Override
  public void close(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    Failures<RefusedException> refusals = new Failures<>();
    for (OpenPart part : parts) {
      try {
        part.close(context, deadline);
      } catch (RefusedException e) {
        refusals.note(e);
      }
    }
    refusals.throwIfAny();
  }

  @Override
  public void closeFurther(LoggerContext context, Deadline deadline)
      throws RefusedException, InterruptedException {
    Failures<RefusedException> refusals = new Failures<>();
    for (OpenPart part : parts) {
      try {
        part.closeFurther(context, deadline);
      } catch (RefusedException e) {
        refusals.note(e);
      }
    }
    refusals.throwIfAny();
  }

  @Override
  public void open(Deadline deadline) throws IOException {
    Failures<IOException> failures = new Failures<>();
    for (int i = parts.size() - 1; i >= 0; i--) {
      try {
        parts.get(i).open(deadline);
      } catch (IOException e) {
        failures.note(e);
      }
    }
    failures.throwIfAny();
  }
}
