/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RefusedException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Members of a library that one adapter, or one feature of it, needs together: all of them are
 * there, or the group is not available. Its owner keeps it in a static field, so that the library
 * is searched, and what is missing is logged, once.
 *
 * @param <G> the class that holds the members
 */
public final class InternalGroup<G> {

  private final @Nullable G members;
  private final @Nullable UnsupportedLibraryException reason;

  InternalGroup(@Nullable G members, @Nullable UnsupportedLibraryException reason) {
    this.members = members;
    this.reason = reason;
  }

  /**
   * {@return whether the library has all of the members; otherwise the adapter or the feature is
   * turned off}
   */
  public boolean isAvailable() {
    return members != null;
  }

  /** {@return the members of an optional group, empty if the feature is turned off} */
  public Optional<G> find() {
    return Optional.ofNullable(members);
  }

  /**
   * {@return the members of a required group}
   *
   * @throws RefusedException if the adapter is turned off
   */
  public G get() throws RefusedException {
    if (reason != null) {
      throw reason.refusal();
    }
    return find().orElseThrow();
  }
}
