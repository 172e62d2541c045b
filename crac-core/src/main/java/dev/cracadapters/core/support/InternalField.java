/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A field of a library that is not public, found by {@link LibraryInternals}. The owner of a static
 * field is null.
 *
 * @param <T> the type of its value
 */
public final class InternalField<T> {

  private final LibraryInternals library;
  private final Field field;

  /** Takes the owner and gives the value, where the field itself cannot be asked. */
  private final @Nullable MethodHandle reader;

  InternalField(LibraryInternals library, Field field, @Nullable MethodHandle reader) {
    this.library = library;
    this.field = field;
    this.reader = reader;
  }

  /**
   * {@return a value that is always there}
   *
   * @throws NullPointerException if the value is null
   */
  public T get(@Nullable Object owner) {
    return Objects.requireNonNull(find(owner), field.getName());
  }

  /** {@return a value that may be null} */
  @SuppressWarnings("unchecked") // the field's type was compared when it was looked up
  public @Nullable T find(@Nullable Object owner) {
    try {
      return (T) (reader == null ? field.get(owner) : reader.invokeExact(owner));
    } catch (RuntimeException | Error e) { // of an owner of another class
      throw e;
    } catch (Throwable e) {
      throw library.missing(LibraryInternals.describe(field), e);
    }
  }

  /**
   * Writes a value. A final instance field of a library can be written, a static final one cannot,
   * nor, from JDK 26 on, a final one of the JDK (JEP 500).
   *
   * @throws UnsupportedLibraryException if the field cannot be written
   */
  public void set(@Nullable Object owner, @Nullable T value) {
    try {
      field.set(owner, value);
    } catch (IllegalAccessException e) {
      throw library.missing(LibraryInternals.describe(field), e);
    }
  }

  /**
   * {@return the field's own type as the library declares it, which may be narrower than {@code T}}
   */
  public Class<?> type() {
    return field.getType();
  }
}
