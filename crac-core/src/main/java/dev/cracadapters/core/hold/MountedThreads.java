/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The virtual threads that are on a carrier. The others stand still at a call that blocks, in the
 * middle of nothing.
 */
final class MountedThreads {

  private static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-core");
  private static final @Nullable MountedThreads INSTANCE = find();

  private final InternalMethod root;
  private final InternalMethod children;
  private final InternalMethod threads;
  private final InternalField<Object> carrier;

  private MountedThreads() {
    Class<?> container = JDK.type("jdk.internal.vm.ThreadContainer");
    root = JDK.method(JDK.type("jdk.internal.vm.ThreadContainers"), "root");
    children = JDK.method(container, "children");
    threads = JDK.method(container, "threads");
    carrier = JDK.field(JDK.type("java.lang.VirtualThread"), "carrierThread");
  }

  private static @Nullable MountedThreads find() {
    try {
      return new MountedThreads();
    } catch (UnsupportedLibraryException e) {
      return null; // before JDK 21
    }
  }

  /** Without those whose containers cannot be listed. */
  static List<Thread> all() {
    List<Thread> found = new ArrayList<>();
    if (INSTANCE != null) {
      INSTANCE.add(INSTANCE.root.call(null), found);
    }
    return found;
  }

  private void add(@Nullable Object container, List<Thread> found) {
    if (container == null) {
      return;
    }
    if (threads.call(container) instanceof Stream<?> stream) {
      stream.filter(this::isMounted).forEach(thread -> found.add((Thread) thread));
    }
    if (children.call(container) instanceof Stream<?> stream) {
      stream.forEach(child -> add(child, found));
    }
  }

  private boolean isMounted(Object thread) {
    return thread.getClass().getName().equals("java.lang.VirtualThread")
        && carrier.find(thread) != null;
  }
}
