/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/** Stands for a library whose adapter does not work with it, and refuses every checkpoint. */
public final class UnusableAdapter implements PhasedResource {

  private final String adapter;
  private final Throwable reason;

  public UnusableAdapter(LibraryAdapter adapter, Throwable reason) {
    this.adapter = adapter.getClass().getSimpleName();
    this.reason = reason;
  }

  @Override
  public String name() {
    return adapter;
  }

  @Override
  public int phase() {
    return Phase.JDK;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> context)
      throws RefusedException {
    throw new RefusedException(
        adapter,
        "the adapter cannot be used here: " + reason,
        "Use a version of the library that the adapter supports, or remove the adapter",
        reason);
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> context) {
    // Nothing was stopped.
  }
}
