/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Resources of which a process has one, however many application contexts it has: the log files,
 * the JDK. The first context registers such a resource and the last one to close takes it out.
 */
public final class ProcessWide {

  private static final Map<Object, Shared> SHARED = new HashMap<>();

  private static final class Shared {
    final PhasedResource resource;
    int contexts;
    @Nullable Registration registration;

    Shared(PhasedResource resource) {
      this.resource = resource;
    }
  }

  private ProcessWide() {}

  /** Makes a resource that a context will register later. Does nothing if it has been made. */
  static synchronized void prepare(Object key, Supplier<PhasedResource> resource) {
    SHARED.computeIfAbsent(key, absent -> new Shared(resource.get()));
  }

  /** Registers a resource for one more context, until the result is closed. */
  public static synchronized Registration register(Object key, Supplier<PhasedResource> resource) {
    prepare(key, resource);
    Shared shared = SHARED.get(key);
    shared.contexts++;
    if (shared.registration == null) {
      shared.registration = CheckpointCoordinator.global().register(shared.resource);
    }
    AtomicBoolean closed = new AtomicBoolean();
    return () -> {
      if (closed.compareAndSet(false, true)) {
        release(key, shared);
      }
    };
  }

  private static synchronized void release(Object key, Shared shared) {
    shared.contexts--;
    if (shared.contexts == 0 && shared.registration != null) {
      shared.registration.close();
      SHARED.remove(key);
    }
  }
}
