/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.OutputStreamAppender;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.HeldDescriptors;
import dev.cracadapters.core.audit.OpenStreams;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.logback.appender.FileHolders;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is behind the stream of an appender that a library or a user wrote on top of {@code
 * OutputStreamAppender}, and how it can be opened again.
 *
 * @param path the file
 * @param shape how to open the file without the appender's help
 * @param byStart whether the appender's own {@code start} may be asked to open it: it opened the
 *     file for appending before
 */
public record OwnStream(Path path, StreamShape shape, boolean byStart) {

  private static final Set<String> WRITING = Set.of("doAppend", "append", "subAppend", "writeOut");

  /**
   * Streams that were opened here and not by their appender. They append, which does not say that
   * its {@code start} would.
   */
  private static final Set<OutputStream> OPENED_HERE =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private static final String REMEDY =
      "build it on Logback's FileAppender, have it write to one file through streams of the JDK, or close and open it in an org.crac.Resource";

  /** Whether a stream holds a descriptor that may be closed: it is not memory, nor the console. */
  static boolean isHeldBy(OutputStream stream) {
    return !stream.equals(System.out)
        && !stream.equals(System.err)
        && descriptors(stream).stream().anyMatch(number -> number > 2);
  }

  private static Set<Integer> descriptors(Object holder) {
    try {
      return HeldDescriptors.ofThisProcess().of(holder, FileHolders::isShared);
    } catch (ReflectiveOperationException e) {
      return Set.of(); // the audit will find it
    }
  }

  static OwnStream of(OutputStreamAppender<?> appender, OutputStream stream)
      throws RefusedException {
    Set<Integer> numbers = descriptors(stream);
    List<OpenFile> files = files(numbers);
    String who = FileHolders.describe(appender);
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
    OpenFile only = only(files);
    StreamShape shape = only == null ? null : StreamShape.of(stream);
    if (only == null || shape == null) {
      throw new RefusedException(
          who,
          "it writes to %s through a %s, which only the appender could open again"
              .formatted(what, stream.getClass().getName()),
          REMEDY);
    }
    boolean starts = overrides(appender, Set.of("start")) && !OPENED_HERE.contains(stream);
    return new OwnStream(only.path(), shape, starts && only.isAppending());
  }

  /** Opens the file without the appender's help, for a stream that has a shape and a path. */
  OutputStream append() throws IOException {
    OutputStream opened = shape.append(path);
    OPENED_HERE.add(opened);
    return opened;
  }

  /** The one file that a stream writes to, null where it is none or several. */
  static @Nullable Path fileOf(OutputStream stream) {
    OpenFile only = only(files(descriptors(stream)));
    return only == null ? null : only.path();
  }

  private static @Nullable OpenFile only(List<OpenFile> files) {
    return files.size() == 1 && files.get(0).isRegular() ? files.get(0) : null;
  }

  private static List<OpenFile> files(Set<Integer> descriptors) {
    return descriptors.stream().map(OpenFile::of).filter(Objects::nonNull).toList();
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
                && !FileHolders.isShared(value)
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

  /**
   * What the kernel says of a descriptor of this process.
   *
   * @param target a path, or what the kernel calls it
   * @param isRegular whether it is a file that still has its name
   * @param isAppending whether it was opened for appending, so that opening it in the same way
   *     again keeps what is in it
   */
  private record OpenFile(String target, boolean isRegular, boolean isAppending) {

    /** Null where the system does not show it, or it has been closed. */
    static @Nullable OpenFile of(int descriptor) {
      String target = Proc.self().target(descriptor).orElse(null);
      try {
        return target == null
            ? null
            : new OpenFile(
                target,
                target.startsWith("/") && Files.isRegularFile(Path.of(target)),
                Proc.self().info(descriptor).isAppending());
      } catch (IOException e) {
        return null;
      }
    }

    Path path() {
      return Path.of(target);
    }
  }
}
