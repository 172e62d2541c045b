/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Map;

/**
 * The host names that {@code InetAddress} has looked up. They expire by the monotonic clock, which
 * stands still between checkpoint and restore, so that a name looked up on one machine would still
 * be in use on the next, days later.
 */
public final class AddressCache implements Fixup {

  private static final InternalField<Object> BY_NAME = JDK.field(InetAddress.class, "cache");
  private static final InternalField<Object> BY_EXPIRY = JDK.field(InetAddress.class, "expirySet");
  private static final InternalField<Object> LOCAL_HOST =
      JDK.field(InetAddress.class, "cachedLocalHost");

  @Override
  public void beforeCheckpoint() {
    // Nothing: a look-up between here and the snapshot would fill the cache again.
  }

  @Override
  public void afterRestore() {
    if (!Memory.isInitialized(InetAddress.class)) {
      return;
    }
    if (BY_EXPIRY.find(null) instanceof Collection<?> byExpiry) {
      byExpiry.clear();
    }
    if (BY_NAME.find(null) instanceof Map<?, ?> byName) {
      byName.clear();
    }
    LOCAL_HOST.set(null, null);
  }
}
