/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.spi.AppenderAttachable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/** Looks for the appender that has a file open. Needs Logback, but not crac-logback. */
public final class LogFiles {

  private LogFiles() {}

  /** The name of the appender that writes to a file; empty when none does. */
  public static Optional<String> appenderOf(Path file) {
    return LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers
        ? loggers.getLoggerList().stream()
            .flatMap(LogFiles::appenders)
            .filter(appender -> writesTo(appender, file))
            .findFirst()
            .map(appender -> Objects.requireNonNullElse(appender.getName(), "without a name"))
        : Optional.empty();
  }

  /** Those of a logger or an appender, and theirs. */
  private static <E> Stream<Appender<?>> appenders(AppenderAttachable<E> attachable) {
    List<Appender<?>> own = new ArrayList<>();
    attachable.iteratorForAppenders().forEachRemaining(own::add);
    return own.stream()
        .flatMap(
            appender ->
                appender instanceof AppenderAttachable<?> further
                    ? appenders(further)
                    : Stream.of(appender));
  }

  private static boolean writesTo(Appender<?> appender, Path file) {
    return appender instanceof FileAppender<?> writer
        && writer.getFile() != null
        && isSame(Path.of(writer.getFile()), file);
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      return one.toAbsolutePath().normalize().equals(other); // one of them is gone
    }
  }
}
