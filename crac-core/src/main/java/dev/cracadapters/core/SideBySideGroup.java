/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The resources of one class and one phase that go down and come back side by side in one walk. The
 * coordinator makes a new group for each walk, and gives the same one to all its members.
 */
public final class SideBySideGroup {

  private final List<? extends SideBySideResource> members;
  private @Nullable Object shared;

  SideBySideGroup(List<? extends SideBySideResource> members) {
    this.members = members;
  }

  /**
   * {@return all members, including those that a {@link ResourceFinder} has found for this walk
   * only, in the order of the walk}
   */
  public List<? extends SideBySideResource> members() {
    return members;
  }

  /**
   * What the members use to agree with each other during this walk.
   *
   * @param type its class, the same for all members
   * @param first makes it for the first member that asks
   * @return the same object for all members
   */
  public synchronized <T> T shared(Class<T> type, Supplier<T> first) {
    if (shared == null) {
      shared = first.get();
    }
    return type.cast(shared);
  }
}
