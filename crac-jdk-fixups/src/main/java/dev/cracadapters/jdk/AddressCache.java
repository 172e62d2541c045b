/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import java.lang.reflect.Field;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Map;

/**
 * The host names that {@code InetAddress} has looked up. They expire by the monotonic clock, which
 * stands still between checkpoint and restore, so that a name looked up on one machine would still
 * be in use on the next, days later.
 */
final class AddressCache implements Fixup {

  private static final Field BY_NAME = Internals.field(InetAddress.class, "cache");
  private static final Field BY_EXPIRY = Internals.field(InetAddress.class, "expirySet");
  private static final Field LOCAL_HOST = Internals.field(InetAddress.class, "cachedLocalHost");

  @Override
  public void beforeCheckpoint() {
    // Nothing: whoever looks a name up between here and the snapshot fills the cache again.
  }

  @Override
  public void afterRestore() {
    if (!Internals.isInitialised(InetAddress.class)) {
      return;
    }
    if (Internals.get(BY_EXPIRY, null) instanceof Collection<?> byExpiry) {
      byExpiry.clear();
    }
    if (Internals.get(BY_NAME, null) instanceof Map<?, ?> byName) {
      byName.clear();
    }
    Internals.set(LOCAL_HOST, null, null);
  }
}
