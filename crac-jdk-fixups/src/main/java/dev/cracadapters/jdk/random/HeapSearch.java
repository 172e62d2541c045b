/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.jdk.fixup.Memory;
import java.lang.ref.Reference;
import java.lang.ref.SoftReference;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds objects by following references from the static fields of all loaded classes and from all
 * threads, the way a garbage collector does, but without the threads' stacks: an object that only a
 * running method's local variable holds is not found.
 */
final class HeapSearch {

  private static final InternalMethod THREADS = JDK.method(Thread.class, "getThreads");
  private static final long[] NO_REFERENCES = {};

  private final Predicate<Class<?>> wanted;
  private final Deadline deadline;
  private final Map<Class<?>, long[]> referenceOffsets = new HashMap<>();
  private final Set<Class<?>> wantedTypes = new HashSet<>();
  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Object> found = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Object> open = new ArrayDeque<>();

  /** A search for the objects of some classes, which gives up at a deadline. */
  HeapSearch(Predicate<Class<?>> wanted, Deadline deadline) {
    this.wanted = wanted;
    this.deadline = deadline;
  }

  /**
   * Searches.
   *
   * @param roots further objects and classes to start from
   * @param enough asked after each find; ends the search when true
   * @return what was found, of the wanted classes only
   * @throws InterruptedException if the thread is interrupted
   */
  Set<Object> run(List<?> roots, Predicate<Set<Object>> enough) throws InterruptedException {
    roots.forEach(this::visit);
    visit(ClassLoader.getSystemClassLoader());
    if (THREADS.call(null) instanceof Thread[] threads) {
      for (Thread thread : threads) {
        visit(thread);
      }
    }
    int finds = 0;
    for (int steps = 1; !open.isEmpty(); steps++) {
      expand(open.poll());
      if (found.size() != finds) {
        finds = found.size();
        if (enough.test(found)) {
          break;
        }
      }
      if (steps % 1024 == 0) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (deadline.hasPassed()) {
          break;
        }
      }
    }
    return found;
  }

  private void visit(@Nullable Object object) {
    if (object == null) {
      return;
    }
    Class<?> type = object.getClass();
    long[] offsets = referenceOffsets.get(type);
    if (offsets == null) {
      offsets = describe(type);
    }
    if (wantedTypes.contains(type)) {
      found.add(object);
    }
    boolean leadsOn =
        offsets.length > 0
            || object instanceof Object[]
            || object instanceof Class<?>
            || object instanceof SoftReference<?>;
    if (leadsOn && seen.add(object)) {
      open.add(object);
    }
  }

  private void expand(Object object) {
    if (object instanceof Object[] array) {
      for (Object element : array) {
        visit(element);
      }
    } else if (object instanceof Class<?> type) {
      expandStatics(type);
    } else {
      for (long offset : referenceOffsets.get(object.getClass())) {
        visit(Memory.reference(object, offset));
      }
      if (object instanceof SoftReference<?> soft) {
        visit(soft.get());
      }
    }
  }

  private void expandStatics(Class<?> type) {
    // A class loader lists its classes.
    visit(type.getClassLoader());
    if (type.isPrimitive() || type.isArray() || !Memory.isInitialized(type)) {
      return;
    }
    for (Field field : JDK.declaredFields(type)) {
      if (Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
        visit(Memory.staticReference(field));
      }
    }
  }

  /** Remembers where a class's objects keep references, and has its static fields looked at. */
  private long[] describe(Class<?> type) {
    if (wanted.test(type)) {
      wantedTypes.add(type);
    }
    long[] offsets = type.isArray() || type == String.class ? NO_REFERENCES : offsetsOf(type);
    referenceOffsets.put(type, offsets);
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      visit(at);
    }
    return offsets;
  }

  private static long[] offsetsOf(Class<?> type) {
    return Stream.<Class<?>>iterate(type, at -> at != null, (Class<?> at) -> at.getSuperclass())
        // What a reference refers to must not be read past the collector; see SoftReference above.
        .filter(at -> at != Reference.class && at != Class.class)
        .flatMap(at -> Arrays.stream(JDK.declaredFields(at)))
        .filter(field -> !Modifier.isStatic(field.getModifiers()))
        .filter(field -> !field.getType().isPrimitive())
        .mapToLong(Memory::instanceOffset)
        .toArray();
  }
}
