/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Context;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.status.StatusListener;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.HeldDescriptors;
import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;

/**
 * Finds the appender or status listener of a context that holds a descriptor. The streams, channels
 * and sockets in its fields tell their descriptor's number; a path in a field tells of those that
 * native code holds.
 */
public final class FileHolders {

  private static final String STARTED_MEANWHILE =
      ", which was started while the checkpoint was under way: ask for the checkpoint again";

  private static final String UNKNOWN_KIND =
      ", a kind that crac-logback does not know: close and open it in an org.crac.Resource, or build the %s on Logback's FileAppender or OutputStreamAppender";

  private FileHolders() {}

  /** An appender, as messages name it. */
  public static String describe(Appender<?> appender) {
    String name = appender.getName() == null ? "without a name" : appender.getName();
    return "appender %s (%s)".formatted(name, appender.getClass().getName());
  }

  /** What holds a descriptor, and what to do about it; empty when nothing of this context does. */
  public static Optional<String> remedy(LoggerContext context, Descriptor descriptor) {
    Collection<Appender<?>> appenders = Appenders.of(context).all();
    List<StatusListener> listeners = context.getStatusManager().getCopyOfStatusListenerList();
    for (Predicate<Object> test : tests(descriptor)) {
      for (Appender<?> appender : appenders) {
        if (!(appender instanceof ConsoleAppender<?>) && test.test(appender)) {
          return Optional.of(
              "%s is held by %s".formatted(descriptor.target(), describe(appender))
                  + (appender instanceof FileAppender<?>
                      ? STARTED_MEANWHILE
                      : UNKNOWN_KIND.formatted("appender")));
        }
      }
      for (StatusListener listener : listeners) {
        if (test.test(listener)) {
          return Optional.of(
              "%s is held by status listener %s"
                      .formatted(descriptor.target(), listener.getClass().getName())
                  + UNKNOWN_KIND.formatted("listener"));
        }
      }
    }
    return Optional.empty();
  }

  /** First what is certain, then what is likely. */
  private static List<Predicate<Object>> tests(Descriptor descriptor) {
    HeldDescriptors held;
    try {
      held = HeldDescriptors.ofThisProcess();
    } catch (ReflectiveOperationException e) {
      return List.of();
    }
    Predicate<Object> byNumber =
        holder -> held.of(holder, FileHolders::isShared).contains(descriptor.number());
    if (!descriptor.target().startsWith("/")) {
      return List.of(byNumber);
    }
    String target = descriptor.target().replaceAll(" \\(deleted\\)$", "");
    Predicate<Object> byPath =
        holder ->
            held.reachedFrom(holder, FileHolders::isShared).stream()
                .anyMatch(object -> target.equals(path(object)));
    return List.of(byNumber, byPath);
  }

  private static @Nullable String path(Object object) {
    try {
      Path path = null;
      if (object instanceof String text && text.indexOf(File.separatorChar) >= 0) {
        path = Path.of(text);
      } else if (object instanceof File file) {
        path = file.toPath();
      } else if (object instanceof Path plain) {
        path = plain;
      }
      return path == null ? null : path.toAbsolutePath().normalize().toString();
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** Tells whether an appender refers to an object without its being a part of the appender. */
  public static boolean isShared(Object object) {
    return object instanceof Context
        || object instanceof Appender<?>
        || object instanceof ILoggerFactory
        || object instanceof Logger;
  }
}
