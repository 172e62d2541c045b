/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A resource at its place in the walk. Each registration is one of its own, whatever the resource's
 * {@code equals} says.
 */
final class RegisteredResource {

  private final PhasedResource resource;
  private final int phase;
  private final boolean callersWait;
  private final @Nullable RegisteredResource finder;

  RegisteredResource(PhasedResource resource) {
    this(resource, null);
  }

  /** One that takes part in one walk, as its finder has found it. */
  RegisteredResource(PhasedResource resource, @Nullable RegisteredResource finder) {
    this.resource = resource;
    this.phase = resource.phase();
    this.callersWait = resource.callersWait();
    this.finder = finder;
  }

  /** Whose time in the report its own counts as. */
  RegisteredResource inReport() {
    return finder == null ? this : finder;
  }

  /**
   * From the first stopped to the last: high phases first, inside a phase the last registered
   * first.
   */
  static List<RegisteredResource> inOrder(List<RegisteredResource> resources) {
    List<RegisteredResource> order = new ArrayList<>(resources);
    Collections.reverse(order);
    order.sort(Comparator.comparingInt(RegisteredResource::phase).reversed());
    return order;
  }

  PhasedResource resource() {
    return resource;
  }

  int phase() {
    return phase;
  }

  boolean callersWait() {
    return callersWait;
  }

  /** The resource's name; its class where it cannot tell: no name may keep a walk from going on. */
  String name() {
    try {
      String name = resource.name();
      return name == null ? resource.getClass().getName() : name;
    } catch (Throwable e) { // an Error too
      return resource.getClass().getName();
    }
  }
}
