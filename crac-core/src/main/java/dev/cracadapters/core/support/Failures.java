/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RefusedException;
import java.util.List;
import java.util.function.Function;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong in steps that are all tried, also where one of them fails: a resource that cannot
 * close its first file still closes the others, and one that cannot open it still opens the others.
 * Not thread-safe.
 *
 * @param <T> what the steps throw
 */
public final class Failures<T extends Exception> {

  /** A step that may fail. */
  @FunctionalInterface
  public interface Step {
    void run() throws Exception;
  }

  private @Nullable Throwable first;

  /**
   * Notes that a step failed.
   *
   * @param failure what it threw
   */
  public void note(T failure) {
    noteAny(failure);
  }

  private void noteAny(Throwable failure) {
    if (first == null) {
      first = failure;
    } else if (first != failure) {
      first.addSuppressed(failure);
    }
  }

  /**
   * Does a step, and notes its failure. An {@code Error} too keeps no other step from being tried;
   * it is noted as it is.
   *
   * @param step what is done
   * @param failure makes what is noted of the exception that the step threw
   * @return whether it succeeded
   */
  public boolean attempt(Step step, Function<? super Exception, ? extends T> failure) {
    try {
      step.run();
      return true;
    } catch (Exception e) {
      try {
        noteAny(failure.apply(e));
      } catch (RuntimeException | Error describing) {
        noteAny(e);
        noteAny(describing);
      }
    } catch (Error e) {
      noteAny(e);
    }
    return false;
  }

  /**
   * {@return an exception that carries others as suppressed ones}
   *
   * @param carrier a new exception
   * @param failures what it carries
   * @param <E> its type
   */
  public static <E extends Exception> E carry(E carrier, List<Throwable> failures) {
    failures.forEach(carrier::addSuppressed);
    return carrier;
  }

  /** {@return the exceptions that another only carries, or else that one alone} */
  public static List<Throwable> carriedBy(Throwable failure) {
    boolean carries = failure instanceof CheckpointException || failure instanceof RestoreException;
    return carries && failure.getMessage() == null && failure.getSuppressed().length > 0
        ? List.of(failure.getSuppressed())
        : List.of(failure);
  }

  /** {@return a failure in words: its message alone where that says all} */
  public static String describe(Throwable failure) {
    try {
      String message = failure.getMessage();
      return failure instanceof RefusedException && message != null ? message : failure.toString();
    } catch (Throwable e) { // its own getMessage: no failure may keep a walk from its end
      return failure.getClass().getName();
    }
  }

  /** {@return the failure of a restore, and what brought it about} */
  public static RestoreException ofRestore(String message, @Nullable Throwable cause) {
    RestoreException failure = new RestoreException(message);
    failure.initCause(cause);
    return failure;
  }

  /**
   * Called when all steps were tried.
   *
   * @throws T the first failure, with the later ones suppressed in it; nothing where no step failed
   */
  @SuppressWarnings("unchecked")
  public void throwIfAny() throws T {
    if (first instanceof Error error) {
      throw error;
    }
    if (first != null) {
      throw (T) first;
    }
  }
}
