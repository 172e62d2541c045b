/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.adapter;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Registers a resource for an object once, by identity: two beans may be one pool. */
public final class RegisteredObjects {

  private final Set<Object> objects =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  public boolean contains(Object object) {
    return objects.contains(object);
  }

  /**
   * Registers the object's resource unless that has been done.
   *
   * @return the registration, which forgets the object when it is closed; empty if there is one
   */
  public List<Registration> register(Object object, Supplier<PhasedResource> resource) {
    if (!objects.add(object)) {
      return List.of();
    }
    Registration registration;
    try {
      registration = CheckpointCoordinator.global().register(resource.get());
    } catch (RuntimeException | LinkageError e) {
      objects.remove(object);
      throw e;
    }
    return List.of(
        () -> {
          registration.close();
          objects.remove(object);
        });
  }
}
