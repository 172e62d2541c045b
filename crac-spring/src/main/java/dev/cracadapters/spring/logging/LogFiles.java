/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.spi.AppenderAttachable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** Looks for the appender that has a file open. Needs Logback, but not crac-logback. */
public final class LogFiles {

  private LogFiles() {}

  /** The name of the appender that writes to a file; empty when none does. */
  public static Optional<String> appenderOf(Path file) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers) {
      for (Logger logger : loggers.getLoggerList()) {
        Optional<String> name = search(logger, file);
        if (name.isPresent()) {
          return name;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> search(AppenderAttachable<?> attachable, Path file) {
    Iterator<? extends Appender<?>> appenders = iterator(attachable);
    while (appenders.hasNext()) {
      Appender<?> appender = appenders.next();
      Optional<String> name = Optional.empty();
      if (appender instanceof FileAppender<?> writer && writer.getFile() != null) {
        name = isSame(Path.of(writer.getFile()), file) ? named(writer) : Optional.empty();
      } else if (appender instanceof AppenderAttachable<?> further) {
        name = search(further, file);
      }
      if (name.isPresent()) {
        return name;
      }
    }
    return Optional.empty();
  }

  private static <E> Iterator<Appender<E>> iterator(AppenderAttachable<E> attachable) {
    return attachable.iteratorForAppenders();
  }

  private static Optional<String> named(Appender<?> appender) {
    return Optional.of(appender.getName() == null ? "without a name" : appender.getName());
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other);
    } catch (IOException e) {
      return one.toAbsolutePath().normalize().equals(other); // one of them is gone
    }
  }
}
