/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RefusedException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A library lacks a member that an adapter needs, or keeps it closed to reflection. */
public final class UnsupportedLibraryException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  private final String adapter;
  private final String problem;
  private final String remedy;

  UnsupportedLibraryException(
      String adapter, String problem, String remedy, @Nullable Throwable cause) {
    super(problem + ". " + remedy, cause);
    this.adapter = adapter;
    this.problem = problem;
    this.remedy = remedy;
  }

  /**
   * {@return the answer to a checkpoint that cannot be taken because of this, in the name of the
   * adapter}
   */
  public RefusedException refusal() {
    return new RefusedException(adapter, problem, remedy, this);
  }
}
