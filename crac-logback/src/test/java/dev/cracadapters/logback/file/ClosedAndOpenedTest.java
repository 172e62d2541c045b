/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.cracadapters.logback.testing.Logs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A log file")
class ClosedAndOpenedTest {

  @TempDir Path folder;
  private Logs logs;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder);
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("has no descriptor during a checkpoint, and one again afterwards")
  void descriptor() throws Exception {
    logs.attachFile("app.log");
    assertThat(logs.open()).containsExactly("app.log");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.open()).containsExactly("app.log");
  }

  @Test
  @DisplayName("gets what is logged before, during and after a checkpoint, in this order")
  void order() throws Exception {
    logs.attachFile("app.log");
    logs.logger().info("before");
    logs.checkpoint();
    logs.logger().info("during");
    assertThat(logs.lines("app.log")).containsExactly("before");
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log")).containsExactly("before", "during", "after");
  }

  @Test
  @DisplayName("is written to by the appender itself after the restore, with nothing in between")
  void free() throws Exception {
    var appender = logs.attach(logs.rolling("app.log", "1MB", ""));
    var stream = appender.getOutputStream().getClass();
    var policy = appender.getTriggeringPolicy();
    var encoder = appender.getEncoder();
    logs.checkpoint();
    logs.restore();
    assertThat(appender.getOutputStream()).isExactlyInstanceOf(stream);
    assertThat(appender.getTriggeringPolicy()).isSameAs(policy);
    assertThat(appender.getEncoder()).isSameAs(encoder);
  }

  @Test
  @DisplayName("has all that was buffered when the checkpoint is taken")
  void flushed() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setImmediateFlush(false);
    logs.attach(appender);
    logs.logger().info("buffered");
    assertThat(logs.lines("app.log")).isEmpty();
    logs.checkpoint();
    assertThat(logs.lines("app.log")).containsExactly("buffered");
  }

  @Test
  @DisplayName("that was removed meanwhile is created again, with what was logged meanwhile")
  void fileRemoved() throws Exception {
    logs.attachFile("app.log");
    logs.logger().info("gone");
    logs.checkpoint();
    logs.logger().info("during");
    Files.delete(logs.path("app.log"));
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log")).containsExactly("during", "after");
  }

  @Test
  @DisplayName("whose folder was removed meanwhile is created again with its folder")
  void folderRemoved() throws Exception {
    logs.attachFile("a/b/app.log");
    logs.checkpoint();
    logs.logger().info("during");
    Files.delete(logs.path("a/b/app.log"));
    Files.delete(logs.path("a/b"));
    Files.delete(logs.path("a"));
    logs.restore();
    assertThat(logs.lines("a/b/app.log")).containsExactly("during");
  }

  @Test
  @DisplayName("of an appender that truncates at its start keeps its content over a checkpoint")
  void notTruncated() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setAppend(false);
    logs.attach(appender);
    logs.logger().info("before");
    logs.checkpoint();
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log")).containsExactly("before", "after");
    assertThat(appender.isAppend()).isFalse();
  }

  @Test
  @DisplayName("keeps its one header")
  void headerAndFooter() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    var encoder = logs.encoder("%msg%n");
    encoder.setOutputPatternAsHeader(true);
    encoder.start();
    appender.setEncoder(encoder);
    logs.attach(appender);
    logs.logger().info("before");
    logs.checkpoint();
    logs.logger().info("during");
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log"))
        .containsExactly("#logback.classic pattern: %msg%n", "before", "during", "after");
  }

  @Test
  @DisplayName("keeps its one footer, also where its appender is stopped during the checkpoint")
  void footer() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setEncoder(new Framed());
    logs.attach(appender);
    logs.logger().info("before");
    logs.checkpoint();
    logs.restore();
    logs.checkpoint();
    logs.logger().info("during");
    logs.context.stop();
    assertThat(logs.lines("app.log")).containsExactly("<log>", "before", "during", "</log>");
    assertThat(logs.open()).isEmpty();
  }

  @Test
  @DisplayName("gets a header where it is a new one after the restore")
  void headerOfNewFile() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    var encoder = logs.encoder("%msg%n");
    encoder.setOutputPatternAsHeader(true);
    encoder.start();
    appender.setEncoder(encoder);
    logs.attach(appender);
    logs.checkpoint();
    logs.logger().info("during");
    Files.delete(logs.path("app.log"));
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("#logback.classic pattern: %msg%n", "during");
  }

  @Test
  @DisplayName("is opened once however often afterRestore is called")
  void restoredTwice() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("during");
    logs.restore();
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("during");
    assertThat(logs.open()).containsExactly("app.log");
  }

  @Test
  @DisplayName("is left alone by an afterRestore without a checkpoint")
  void restoredWithoutCheckpoint() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.attachFile("app.log");
    var stream = appender.getOutputStream();
    logs.restore();
    assertThat(appender.getOutputStream()).isSameAs(stream);
  }

  @Test
  @DisplayName("stays closed, with all that is kept, when beforeCheckpoint is called twice")
  void checkpointTwice() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("first");
    logs.checkpoint();
    logs.logger().info("second");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("first", "second");
  }

  @Test
  @DisplayName("of an appender that was attached after a first checkpoint is closed at the next")
  void attachedLater() throws Exception {
    logs.attachFile("first.log");
    logs.checkpoint();
    logs.restore();
    logs.attachFile("second.log");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
  }

  @Test
  @DisplayName("of a context that was reset and configured anew is closed at the next checkpoint")
  void reset() throws Exception {
    logs.attachFile("first.log");
    logs.checkpoint();
    logs.restore();
    logs.context.reset();
    logs.attachFile("second.log");
    logs.logger().info("before");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.logger().info("during");
    logs.restore();
    assertThat(logs.lines("first.log")).isEmpty();
    assertThat(logs.lines("second.log")).containsExactly("before", "during");
  }

  @Test
  @DisplayName("of a context that is reset during the checkpoint gets what was kept, and is closed")
  void resetMeanwhile() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("during");
    logs.context.reset();
    assertThat(logs.lines("app.log")).containsExactly("during");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("during");
    assertThat(logs.open()).isEmpty();
  }

  @Test
  @DisplayName("of an appender that two loggers share gets each event once")
  void shared() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.attachFile("app.log");
    Logger other = logs.context.getLogger("other");
    other.setAdditive(false);
    other.addAppender(appender);
    logs.checkpoint();
    logs.logger().info("root");
    other.info("other");
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("root", "other");
  }

  @Test
  @DisplayName("below an appender of the application's own is closed")
  void nested() throws Exception {
    ParentAppender parent = new ParentAppender();
    parent.setContext(logs.context);
    FileAppender<ILoggingEvent> file = logs.appender("app.log");
    file.start();
    parent.addAppender(file);
    logs.attach(parent);
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    logs.logger().info("during");
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("during");
  }

  @Test
  @DisplayName("gets in prudent mode what is logged during a checkpoint by an interrupted thread")
  void prudentAndInterrupted() throws Exception {
    FileAppender<ILoggingEvent> appender = logs.appender("app.log");
    appender.setPrudent(true);
    logs.attach(appender);
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    Thread.currentThread().interrupt();
    logs.logger().info("during");
    assertThat(Thread.interrupted()).isTrue();
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("app.log")).containsExactly("during", "after");
  }

  @Test
  @DisplayName("is what counts: a console appender keeps its stream")
  void console() throws Exception {
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(logs.context);
    console.setEncoder(logs.encoder("%msg%n"));
    logs.attach(console);
    var stream = console.getOutputStream();
    logs.checkpoint();
    assertThat(console.getOutputStream()).isSameAs(stream);
    assertThat(console.isStarted()).isTrue();
    logs.context.getLogger(Logger.ROOT_LOGGER_NAME).detachAppender(console);
  }

  private static final class Framed extends EncoderBase<ILoggingEvent> {

    @Override
    public byte[] headerBytes() {
      return "<log>\n".getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      return (event.getFormattedMessage() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] footerBytes() {
      return "</log>\n".getBytes(StandardCharsets.UTF_8);
    }
  }
}
