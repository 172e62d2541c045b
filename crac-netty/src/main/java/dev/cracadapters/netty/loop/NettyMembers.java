/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The few members of Netty that have no public way in. They are looked up at a checkpoint, and not
 * in a group at the start: which of them are needed depends on the line and on the transport that
 * the user's bootstrap has by then. A missing one makes a refusal, never a guess.
 */
public final class NettyMembers {

  private static final LibraryInternals NETTY =
      LibraryInternals.of("Netty", Channel.class, "crac-netty");

  private NettyMembers() {}

  /** Calls a method without parameters that {@code target}'s class or one above it declares. */
  static @Nullable Object call(Object target, String method) throws RefusedException {
    try {
      return NETTY.method(target.getClass(), method).call(target);
    } catch (UnsupportedLibraryException e) {
      throw e.refusal();
    } catch (RuntimeException e) { // what the method threw, such as a ChannelException
      throw new RefusedException(
          "netty",
          "%s.%s failed: %s".formatted(target.getClass().getName(), method, e),
          "The cause below says more",
          e);
    }
  }

  /** Whether {@code target}'s class or one above it declares the method. */
  static boolean has(Object target, String method) {
    return NETTY.hasMethod(target.getClass(), method);
  }

  /** Reads a field; refuses where there is none, or it is closed to reflection. */
  public static @Nullable Object read(Object target, String field) throws RefusedException {
    try {
      return NETTY.field(target.getClass(), field).find(target);
    } catch (UnsupportedLibraryException e) {
      throw e.refusal();
    }
  }
}
