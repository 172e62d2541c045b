/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.Context;
import ch.qos.logback.core.OutputStreamAppender;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.HeldDescriptors;
import dev.cracadapters.core.audit.OpenStreams;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;

/**
 * What is behind the stream of an appender that a library or a user wrote on top of {@code
 * OutputStreamAppender}, and how it can be opened again.
 *
 * @param name what it is called in messages
 * @param path the file, null where it is none or several
 * @param shape how to open the file without the appender's help, null where nobody knows
 * @param byStart whether the appender's own {@code start} may be asked to open it
 */
record OwnStream(String name, @Nullable Path path, @Nullable StreamShape shape, boolean byStart) {

  private static final Set<String> WRITING = Set.of("doAppend", "append", "subAppend", "writeOut");

  /**
   * Streams that were opened here and not by their appender. They append, which does not say that
   * its {@code start} would.
   */
  private static final Set<OutputStream> OPENED_HERE =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private static final String MEND =
      "have its start() open the file for appending and give the stream to setOutputStream, or close and open it in an org.crac.Resource";

  /** Whether a stream holds a descriptor that may be closed: it is not memory, nor the console. */
  static boolean isHeldBy(OutputStream stream) {
    return !stream.equals(System.out)
        && !stream.equals(System.err)
        && descriptors(stream).stream().anyMatch(number -> number > 2);
  }

  private static Set<Integer> descriptors(Object holder) {
    try {
      return HeldDescriptors.ofThisProcess().of(holder, OwnStream::isSomebodyElses);
    } catch (ReflectiveOperationException e) {
      return Set.of(); // the audit will find it
    }
  }

  /** What an appender refers to without its being a part of the appender. */
  static boolean isSomebodyElses(Object object) {
    return object instanceof Context
        || object instanceof Appender<?>
        || object instanceof ILoggerFactory
        || object instanceof Logger;
  }

  /**
   * Finds out.
   *
   * @throws RefusedException if it could not be opened again
   */
  static OwnStream of(OutputStreamAppender<?> appender, OutputStream stream)
      throws RefusedException {
    Set<Integer> numbers = descriptors(stream);
    List<OpenFile> files = numbers.stream().map(OpenFile::of).filter(Objects::nonNull).toList();
    String who = FileHolders.words(appender);
    String what = files.stream().map(OpenFile::target).collect(Collectors.joining(", "));
    if (numbers.stream().anyMatch(number -> number <= 2)) {
      throw new RefusedException(
          who,
          "it writes to " + what + " by one stream, which cannot be closed for the console's sake",
          "write to the console by an appender of its own");
    }
    if (overrides(appender, WRITING) && hasAStreamOfItsOwn(appender, numbers)) {
      throw new RefusedException(
          who,
          "it writes to " + what + " itself, not by OutputStreamAppender",
          "have it write to getOutputStream(), or close and open it in an org.crac.Resource");
    }
    boolean starts = overrides(appender, Set.of("start")) && !OPENED_HERE.contains(stream);
    OpenFile only = files.size() == 1 && files.get(0).regular() ? files.get(0) : null;
    StreamShape shape = only == null ? null : StreamShape.of(stream);
    boolean byStart = starts && (only == null ? isNoFile(files) : only.appending());
    if (shape == null && !byStart) {
      throw new RefusedException(
          who,
          "nobody but the appender could open %s again, to which it writes through a %s%s"
              .formatted(what, stream.getClass().getName(), why(starts)),
          MEND);
    }
    return new OwnStream(
        only == null ? what : only.target(), only == null ? null : only.path(), shape, byStart);
  }

  private static String why(boolean starts) {
    return starts
        ? ", and its start() would not append to it"
        : ", and it has no start() of its own that would";
  }

  /** Several files, of which one would be truncated, are nothing to be opened by trial. */
  private static boolean isNoFile(List<OpenFile> files) {
    return files.stream().allMatch(file -> !file.regular() || file.appending());
  }

  /** Opens the file without the appender's help, for a stream that has a shape and a path. */
  OutputStream append() throws IOException {
    OutputStream opened = Objects.requireNonNull(shape).append(Objects.requireNonNull(path));
    OPENED_HERE.add(opened);
    return opened;
  }

  /** The one file that a stream writes to, null where it is none or several. */
  static @Nullable Path fileOf(OutputStream stream) {
    List<OpenFile> files =
        descriptors(stream).stream().map(OpenFile::of).filter(Objects::nonNull).toList();
    return files.size() == 1 && files.get(0).regular() ? files.get(0).path() : null;
  }

  private static boolean overrides(OutputStreamAppender<?> appender, Set<String> methods) {
    for (Class<?> at = appender.getClass(); isBelow(at); at = at.getSuperclass()) {
      for (Method method : at.getDeclaredMethods()) {
        if (methods.contains(method.getName())) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean hasAStreamOfItsOwn(
      OutputStreamAppender<?> appender, Set<Integer> numbers) {
    try {
      MethodHandles.Lookup lookup = OpenStreams.ofThisProcess().lookup();
      for (Class<?> at = appender.getClass(); isBelow(at); at = at.getSuperclass()) {
        for (Field field : at.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
            Object value = lookup.in(at).unreflectVarHandle(field).get(appender);
            if (value != null
                && !isSomebodyElses(value)
                && descriptors(value).stream().anyMatch(numbers::contains)) {
              return true;
            }
          }
        }
      }
      return false;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  private static boolean isBelow(Class<?> type) {
    return type != OutputStreamAppender.class && type != Object.class;
  }
}
