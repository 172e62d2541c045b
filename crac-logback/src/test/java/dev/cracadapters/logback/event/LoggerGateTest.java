/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.spi.FilterReply;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Marker;

@DisplayName("Where buffer-size events are kept for a file, a thread that logs")
@Timeout(60)
class LoggerGateTest {

  private static final int SIZE = 10;

  @TempDir Path folder;
  private Logs logs;
  private Flood flood;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void setUp(Duration drainTimeout) {
    logs =
        new Logs(
            folder, LogbackSettings.defaults().withBufferSize(SIZE).withDrainTimeout(drainTimeout));
    flood = new Flood(logs);
  }

  @Test
  @DisplayName("waits with its next event until the files are open, and none is lost")
  void waits() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.start(100);
    flood.awaitHeld();
    assertThat(flood.logged()).isEqualTo(SIZE);
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
    assertThat(logs.context.getTurboFilterList()).isEmpty();
  }

  @Test
  @DisplayName("waits with SLF4J's fluent way, too, and its event is written once")
  void fluent() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.logging = i -> logs.logger().atInfo().log("event {}", i);
    flood.start(100);
    flood.awaitHeld();
    assertThat(flood.logged()).isEqualTo(SIZE);
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
  }

  @Test
  @DisplayName("waits again where the files are closed again")
  void twice() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.restore();
    logs.checkpoint();
    flood.start(100);
    flood.awaitHeld();
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
  }

  @Test
  @DisplayName("does not wait for an event that its logger would not log")
  void notLogged() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    AtomicInteger asked = new AtomicInteger();
    logs.context.addTurboFilter(
        new TurboFilter() {
          @Override
          public FilterReply decide(
              Marker marker,
              Logger logger,
              Level level,
              String format,
              Object[] params,
              Throwable t) {
            asked.incrementAndGet();
            return level == Level.ERROR ? FilterReply.DENY : FilterReply.NEUTRAL;
          }
        });
    logs.checkpoint();
    fill();
    asked.set(0);
    Thread thread =
        new Thread(
            () -> {
              logs.logger().trace("below the level");
              logs.logger().error("denied");
            });
    thread.start();
    thread.join(20_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(asked).as("filters may count").hasValue(2);
    logs.restore();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(SIZE));
  }

  @Test
  @DisplayName("waits for an event that a turbo filter has logged against the logger's level")
  void accepted() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.context.addTurboFilter(
        new TurboFilter() {
          @Override
          public FilterReply decide(
              Marker marker,
              Logger logger,
              Level level,
              String format,
              Object[] params,
              Throwable t) {
            return FilterReply.ACCEPT;
          }
        });
    logs.checkpoint();
    flood.logging = i -> logs.logger().trace("event {}", i);
    flood.start(100);
    flood.awaitHeld();
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
  }

  @Test
  @DisplayName("is let go by an interrupt, keeps its event and the interrupt")
  void interrupted() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.start(SIZE + 2);
    flood.awaitHeld();
    flood.interrupt();
    flood.awaitEnd();
    assertThat(flood.wasInterrupted()).isTrue();
    logs.restore();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(SIZE + 2));
  }

  @Test
  @DisplayName("is let go where the context is reset meanwhile")
  void reset() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.start(SIZE + 1);
    flood.awaitHeld();
    logs.context.reset();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(SIZE));
    logs.attachFile("new.log");
    logs.logger().info("event 0");
    logs.restore();
    assertThat(logs.lines("new.log")).isEqualTo(Flood.events(1));
  }

  @Test
  @DisplayName("is let go where its file cannot be opened after the restore")
  void unopened() throws Exception {
    setUp(Duration.ofSeconds(30));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.start(SIZE + 5);
    flood.awaitHeld();
    Files.delete(logs.path("app.log"));
    Files.createDirectory(logs.path("app.log"));
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    flood.awaitEnd();
    Files.delete(logs.path("app.log"));
    logs.restore();
    List<String> expected = new ArrayList<>(Flood.events(SIZE));
    expected.add(
        "5 log events were dropped from %s while it was closed for a checkpoint (buffer-size %d)"
            .formatted(logs.path("app.log"), SIZE));
    assertThat(logs.lines("app.log")).isEqualTo(expected);
  }

  @Test
  @DisplayName("waits while what was kept is written, too")
  void whileWritten() throws Exception {
    setUp(Duration.ofSeconds(30));
    AtomicBoolean closed = new AtomicBoolean();
    CountDownLatch opening = new CountDownLatch(1);
    logs.attach(
        logs.prepare(
            new FileAppender<>() {
              @Override
              public void openFile(String name) throws IOException {
                super.openFile(name);
                if (closed.get()) {
                  opening.countDown();
                  flood.awaitHeld();
                }
              }
            },
            "app.log"));
    logs.checkpoint();
    closed.set(true);
    flood.logging =
        i -> {
          if (i > 0) {
            assertThatCode(() -> opening.await(20, TimeUnit.SECONDS)).doesNotThrowAnyException();
          }
          logs.logger().info("event {}", i);
        };
    flood.start(3);
    flood.awaitLogged(1); // it is kept: there is something to write
    logs.restore();
    flood.awaitEnd();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(3));
  }

  @Test
  @DisplayName("waits no longer than drain-timeout for a walk that does not end")
  void inVain() throws Exception {
    setUp(Duration.ofSeconds(2));
    logs.attachFile("app.log");
    logs.checkpoint();
    flood.start(100);
    flood.awaitHeld();
    long start = System.nanoTime();
    flood.awaitEnd();
    // Once, not for each event: that would take minutes.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    logs.restore();
    assertThat(logs.lines("app.log")).isEqualTo(Flood.events(100));
  }

  private void fill() throws InterruptedException {
    flood.start(SIZE);
    flood.awaitEnd();
  }
}
