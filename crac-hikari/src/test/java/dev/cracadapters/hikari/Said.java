/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What is logged meanwhile, by crac-hikari and by HikariCP down to its debugging lines. */
final class Said extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private static final Logger OURS = logger("dev.cracadapters.hikari");
  private static final Logger HIKARI = logger("com.zaxxer.hikari");

  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Level before = HIKARI.getLevel();

  private Said() {}

  static Said listen() {
    Said said = new Said();
    said.start();
    OURS.addAppender(said);
    OURS.setLevel(Level.DEBUG);
    OURS.setAdditive(false);
    HIKARI.addAppender(said);
    HIKARI.setLevel(Level.DEBUG);
    HIKARI.setAdditive(false);
    return said;
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  /** Our lines, each with its level. */
  List<String> lines() {
    return events.stream()
        .filter(event -> event.getLoggerName().startsWith(OURS.getName()))
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  /** All that anybody could read, exceptions included. */
  String everything() {
    StringBuilder all = new StringBuilder();
    for (ILoggingEvent event : events) {
      all.append(event.getFormattedMessage()).append('\n');
      for (var thrown = event.getThrowableProxy(); thrown != null; thrown = thrown.getCause()) {
        all.append(thrown.getMessage()).append('\n');
      }
    }
    return all.toString();
  }

  @Override
  public void close() {
    OURS.detachAppender(this);
    OURS.setLevel(null);
    OURS.setAdditive(true);
    HIKARI.detachAppender(this);
    HIKARI.setLevel(before);
    HIKARI.setAdditive(true);
    stop();
  }
}
