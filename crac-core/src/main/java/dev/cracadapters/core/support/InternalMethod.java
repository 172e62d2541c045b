/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A method of a library that is not public, found by {@link LibraryInternals}. */
public final class InternalMethod {

  private final LibraryInternals library;
  private final Method method;

  InternalMethod(LibraryInternals library, Method method) {
    this.library = library;
    this.method = method;
  }

  /** A method that a class declares, or one above it. */
  static Optional<Method> find(Class<?> owner, String name, Class<?>... parameters) {
    for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
      try {
        return Optional.of(type.getDeclaredMethod(name, parameters));
      } catch (NoSuchMethodException e) {
        continue; // declared further up, or nowhere
      }
    }
    return Optional.empty();
  }

  /**
   * Calls the method. Its unchecked exceptions and errors come out as they are.
   *
   * @return what the method returns
   * @throws IllegalStateException if the method threw a checked exception, which is the cause
   */
  public @Nullable Object call(@Nullable Object owner, @Nullable Object... arguments) {
    try {
      return method.invoke(owner, arguments);
    } catch (IllegalAccessException e) {
      throw library.missing(LibraryInternals.describe(method), e);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException thrown) {
        throw thrown;
      }
      if (e.getCause() instanceof Error thrown) {
        throw thrown;
      }
      throw new IllegalStateException(
          LibraryInternals.describe(method) + " failed: " + e.getCause(), e.getCause());
    }
  }
}
