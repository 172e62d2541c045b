/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A context of its own that logs into a folder, and the resource that is tested on it. */
public final class Logs implements AutoCloseable {

  public static final LogbackSettings SETTINGS =
      LogbackSettings.defaults().withDrainTimeout(Duration.ofSeconds(5));

  public final Path folder;
  public final LoggerContext context = new LoggerContext();
  public final LogbackMDCAdapter mdc = new LogbackMDCAdapter();
  public final LogbackResource resource;

  public Logs(Path folder) {
    this(folder, SETTINGS);
  }

  public Logs(Path folder, LogbackSettings settings) {
    this.folder = folder;
    context.setName("test");
    context.setMDCAdapter(mdc);
    resource = LogbackResource.of(context, settings);
  }

  public void checkpoint() throws Exception {
    resource.beforeCheckpoint(null);
  }

  public void restore() throws Exception {
    resource.afterRestore(null);
  }

  public Logger logger() {
    return context.getLogger("test");
  }

  public Path path(String name) {
    return folder.resolve(name);
  }

  public PatternLayoutEncoder encoder(String pattern) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(pattern);
    encoder.start();
    return encoder;
  }

  /** An appender that is not started, not attached, and writes the message only. */
  public FileAppender<ILoggingEvent> appender(String file) {
    return prepare(new FileAppender<>(), file);
  }

  public <A extends FileAppender<ILoggingEvent>> A prepare(A appender, String file) {
    appender.setContext(context);
    appender.setName(file);
    appender.setFile(path(file).toString());
    appender.setEncoder(encoder("%msg%n"));
    return appender;
  }

  public <A extends Appender<ILoggingEvent>> A attach(A appender) {
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.DEBUG);
    root.addAppender(appender);
    return appender;
  }

  public FileAppender<ILoggingEvent> attachFile(String file) {
    return attach(appender(file));
  }

  public AsyncAppender async(Appender<ILoggingEvent> target) {
    AsyncAppender async = new AsyncAppender();
    async.setContext(context);
    async.setName("async " + target.getName());
    async.setDiscardingThreshold(0);
    async.setNeverBlock(false);
    async.addAppender(target);
    return async;
  }

  /** Rolls by size into NAME.DATE.INDEX, an index with four digits. */
  public RollingFileAppender<ILoggingEvent> rolling(String file, String maxSize, String suffix) {
    RollingFileAppender<ILoggingEvent> appender = prepare(new RollingFileAppender<>(), file);
    SizeAndTimeBasedRollingPolicy<ILoggingEvent> policy = new SizeAndTimeBasedRollingPolicy<>();
    policy.setContext(context);
    policy.setParent(appender);
    policy.setFileNamePattern(path(file) + ".%d{yyyy-MM}.%04i" + suffix);
    policy.setMaxFileSize(FileSize.valueOf(maxSize));
    policy.start();
    appender.setRollingPolicy(policy);
    return appender;
  }

  public List<String> lines(String file) throws IOException {
    return Files.readAllLines(path(file));
  }

  /** Rolled files in their order, and last the active one. */
  public List<Path> rolled(String file) throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found
          .filter(path -> path.getFileName().toString().startsWith(file + "."))
          .sorted()
          .toList();
    }
  }

  public List<String> rollingLines(String file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path path : rolled(file)) {
      lines.addAll(Files.readAllLines(path));
    }
    lines.addAll(lines(file));
    return lines;
  }

  /** The files below the folder that this process has open. */
  public List<String> open() {
    return openBelow(folder);
  }

  static List<String> openBelow(Path folder) {
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith(folder.toString())) {
            open.add(folder.relativize(Path.of(target)).toString());
          }
        } catch (IOException e) {
          // The descriptor of the listing itself is closed by now.
          continue;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return open;
  }

  @Override
  public void close() {
    context.stop();
  }
}
