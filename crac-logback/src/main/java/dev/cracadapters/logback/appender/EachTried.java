/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import dev.cracadapters.core.support.Failures;
import java.util.Collection;

/**
 * A step with each of several, also where it fails with an earlier one.
 *
 * @param kind the failures that do not keep the others from being tried
 */
public record EachTried<T, E extends Exception>(Collection<? extends T> all, Class<E> kind) {

  /** What is done with each. */
  public interface Step<T, E extends Exception, I extends Exception> {
    void run(T one) throws E, I;
  }

  /**
   * Does a step with each.
   *
   * @throws E the first failure, with the others suppressed
   * @throws I what ends it at once
   */
  public <I extends Exception> void run(Step<T, E, I> step) throws E, I {
    Failures<E> failures = new Failures<>();
    for (T one : all) {
      try {
        step.run(one);
      } catch (Exception e) {
        if (!kind.isInstance(e)) {
          throw e;
        }
        failures.note(kind.cast(e));
      }
    }
    failures.throwIfAny();
  }
}
