/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import dev.cracadapters.core.RefusedException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * The few members of Netty that have no public way in, found by name: the same class files run on
 * 4.1 and 4.2, whose types differ. They are read while a checkpoint runs and at no other time. What
 * is not where it is looked for makes a refusal, never a guess.
 */
public final class NettyInternals {

  private NettyInternals() {}

  /** Calls a method without parameters that {@code target}'s class or one above it declares. */
  static @Nullable Object call(Object target, String method) throws RefusedException {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      try {
        Method found = type.getDeclaredMethod(method);
        found.setAccessible(true);
        return found.invoke(target);
      } catch (NoSuchMethodException e) {
        // Declared further up, or nowhere.
      } catch (IllegalAccessException | InaccessibleObjectException e) {
        throw closedModule(type, e);
      } catch (InvocationTargetException e) {
        throw new RefusedException(
            "netty",
            "%s.%s failed: %s".formatted(type.getName(), method, e.getCause()),
            "The cause below says more",
            e.getCause());
      }
    }
    throw unknown(target, method);
  }

  /** Reads a field that {@code target}'s own class declares. */
  public static @Nullable Object read(Object target, String field) throws RefusedException {
    Class<?> type = target.getClass();
    try {
      Field found = type.getDeclaredField(field);
      found.setAccessible(true);
      return found.get(target);
    } catch (NoSuchFieldException e) {
      throw unknown(target, field);
    } catch (IllegalAccessException | InaccessibleObjectException e) {
      throw closedModule(type, e);
    }
  }

  /** Tells whether {@code target}'s class or one above it declares the method. */
  static boolean has(Object target, String method) {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      try {
        type.getDeclaredMethod(method);
        return true;
      } catch (NoSuchMethodException e) {
        // Declared further up, or nowhere.
      }
    }
    return false;
  }

  private static RefusedException unknown(Object target, String member) {
    return new RefusedException(
        "netty",
        "%s has no %s: this line of Netty is not known to crac-netty"
            .formatted(target.getClass().getName(), member),
        "Use a Netty line that crac-netty's README lists");
  }

  private static RefusedException closedModule(Class<?> type, Exception reason) {
    return new RefusedException(
        "netty",
        "%s cannot be read because its module is closed".formatted(type.getName()),
        "Start Java with --add-opens %s/%s=ALL-UNNAMED"
            .formatted(type.getModule().getName(), type.getPackageName()),
        reason);
  }
}
