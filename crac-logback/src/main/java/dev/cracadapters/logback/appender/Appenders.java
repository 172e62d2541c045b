/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.AsyncAppenderBase;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import ch.qos.logback.core.spi.AppenderAttachable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The appenders a checkpoint has to do with, each once however often it is attached. They are
 * looked up at every checkpoint, since an application may add appenders, or reset and configure its
 * context anew, at any time.
 */
public final class Appenders {

  private final Set<Appender<?>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<OutputStreamAppender<?>> streams = new ArrayList<>();
  private final List<AppenderBase<?>> connecting = new ArrayList<>();
  private final List<AsyncAppenderBase<?>> asynchronous = new ArrayList<>();
  private final List<SiftingAppenderBase<?>> sifting = new ArrayList<>();

  private Appenders() {}

  /** All appenders that are attached to a logger, or to an appender that is. */
  public static Appenders of(LoggerContext context) {
    Appenders found = new Appenders();
    for (Logger logger : context.getLoggerList()) {
      found.visitAll(logger.iteratorForAppenders());
    }
    return found;
  }

  /** One appender and all that are attached to it. */
  public static Appenders below(Appender<?> root) {
    Appenders found = new Appenders();
    found.visit(root);
    return found;
  }

  /** Those that write to a file, also the rolling ones. */
  public Stream<FileAppender<?>> files() {
    return streams.stream().filter(FileAppender.class::isInstance).map(FileAppender.class::cast);
  }

  /** Those that write to files, and to streams which a library or a user opens in its own way. */
  public List<OutputStreamAppender<?>> streams() {
    return streams;
  }

  /** All of them, of whatever kind. */
  Set<Appender<?>> all() {
    return seen;
  }

  /** Those that may hold a connection: all that append under their own monitor, as these do. */
  public List<AppenderBase<?>> connecting() {
    return connecting;
  }

  /** Those with a queue, an outer one before those it writes to. */
  public List<AsyncAppenderBase<?>> asynchronous() {
    return asynchronous;
  }

  /** Those that build appenders while they log. */
  public List<SiftingAppenderBase<?>> sifting() {
    return sifting;
  }

  private void visitAll(@Nullable Iterator<? extends Appender<?>> appenders) {
    if (appenders != null) {
      appenders.forEachRemaining(this::visit);
    }
  }

  private void visit(Appender<?> appender) {
    if (!seen.add(appender)) {
      return;
    }
    if (appender instanceof OutputStreamAppender<?> stream
        && !(appender instanceof ConsoleAppender<?>)) {
      streams.add(stream);
    }
    if (appender instanceof AppenderBase<?> base) {
      connecting.add(base);
    }
    if (appender instanceof AsyncAppenderBase<?> async) {
      asynchronous.add(async);
    }
    if (appender instanceof SiftingAppenderBase<?> sift) {
      sifting.add(sift);
      visitAll(children(sift).iterator());
    }
    if (appender instanceof AppenderAttachable<?> parent) {
      visitAll(parent.iteratorForAppenders());
    }
  }

  private static <E> List<Appender<E>> children(SiftingAppenderBase<E> sifting) {
    // The children are kept in plain maps that every event changes, under this monitor.
    synchronized (sifting) {
      return sifting.getAppenderTracker() == null
          ? List.of()
          : List.copyOf(sifting.getAppenderTracker().allComponents());
    }
  }
}
