/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import java.io.FileDescriptor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an object holds open: the descriptors that are reached from it by the fields of objects, a
 * bounded number of them. This tells whether a descriptor belongs to an object of an unknown class,
 * and whether closing a stream frees a descriptor at all.
 *
 * <p>Followed are an application's and a library's objects, and of the JDK's those that a stream,
 * channel or socket may be in: the classes of {@code java.io}, {@code java.net}, {@code java.nio},
 * {@code java.util} and what implements them. Not followed are threads, class loaders and
 * references that the garbage collector may clear.
 */
public final class HeldDescriptors {

  private static final int MAX_OBJECTS = 10_000;
  private static final int MAX_STEPS = 9;

  private static final List<String> FOLLOWED_OF_THE_JDK =
      List.of("java.io.", "java.net.", "java.nio.", "java.util.", "sun.nio.", "sun.security.ssl.");

  private static final LibraryInternals JDK = OpenStreams.JDK;

  private record Reached(Object object, int steps) {}

  private final InternalField<Integer> number = JDK.field(FileDescriptor.class, "fd", int.class);
  private final Map<Class<?>, List<InternalField<Object>>> fields = new HashMap<>();

  private HeldDescriptors() {}

  /**
   * {@return what looks anew at each call, for one thread}
   *
   * @throws ReflectiveOperationException if this JDK keeps them otherwise than those that are known
   */
  public static HeldDescriptors ofThisProcess() throws ReflectiveOperationException {
    try {
      return new HeldDescriptors();
    } catch (UnsupportedLibraryException e) {
      throw new ReflectiveOperationException(e.getMessage(), e);
    }
  }

  /**
   * {@return the numbers of the open descriptors that an object holds, by itself or by what its
   * fields lead to}
   *
   * @param root where to begin
   * @param border whether an object belongs to somebody else, and is not looked into; not asked for
   *     {@code root}
   */
  public Set<Integer> of(Object root, Predicate<Object> border) {
    Set<Integer> numbers = new TreeSet<>();
    for (Object object : reachedFrom(root, border)) {
      if (object instanceof FileDescriptor descriptor && descriptor.valid()) {
        numbers.add(number.get(descriptor));
      }
    }
    return numbers;
  }

  /**
   * {@return the objects that are reached from an object by fields, each once, the nearest first,
   * {@code root} among them}
   *
   * @param root where to begin
   * @param border as for {@link #of}
   */
  public Collection<Object> reachedFrom(Object root, Predicate<Object> border) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Object> order = new ArrayList<>();
    Deque<Reached> next = new ArrayDeque<>();
    next.add(new Reached(root, 0));
    seen.add(root);
    while (!next.isEmpty() && order.size() < MAX_OBJECTS) {
      Reached at = next.remove();
      order.add(at.object);
      if (at.steps < MAX_STEPS && isFollowed(at.object)) {
        for (Object child : children(at.object)) {
          if (!border.test(child) && seen.add(child)) {
            next.add(new Reached(child, at.steps + 1));
          }
        }
      }
    }
    return order;
  }

  private static boolean isFollowed(Object object) {
    if (object instanceof FileDescriptor
        || object instanceof Thread
        || object instanceof ClassLoader
        || object instanceof Enum<?>) {
      return false;
    }
    Class<?> type = object.getClass();
    if (type.isArray()) {
      return !type.getComponentType().isPrimitive();
    }
    boolean isOfTheJdk = type.getClassLoader() == null || type.getName().startsWith("java.");
    return !isOfTheJdk || FOLLOWED_OF_THE_JDK.stream().anyMatch(type.getName()::startsWith);
  }

  private List<Object> children(Object object) {
    Stream<@Nullable Object> children =
        object instanceof Object[] array
            ? Stream.of(array).limit(MAX_OBJECTS)
            : Stream.<Class<?>>iterate(object.getClass(), Objects::nonNull, Class::getSuperclass)
                .flatMap(type -> fields.computeIfAbsent(type, HeldDescriptors::fieldsOf).stream())
                .map(field -> field.find(object));
    return children.filter(Objects::nonNull).toList();
  }

  private static List<InternalField<Object>> fieldsOf(Class<?> type) {
    List<InternalField<Object>> found = new ArrayList<>();
    try {
      for (Field field : type.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
          found.add(JDK.field(type, field.getName()));
        }
      }
    } catch (UnsupportedLibraryException | LinkageError e) {
      return found; // a class of which a part is missing leads no further
    }
    return found;
  }
}
