/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** What has been registered, by identity: two beans may be one pool. */
final class KnownObjects {

  private final Set<Object> known =
      Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

  /** Whether this is the first time that the object is seen. */
  boolean isNew(Object object) {
    return known.add(object);
  }
}
