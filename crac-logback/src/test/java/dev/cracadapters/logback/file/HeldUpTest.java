/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("When a thread holds a file for long")
@Timeout(60)
class HeldUpTest {

  @TempDir Path folder;
  private Logs logs;
  private Held held;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void setUp(Duration drainTimeout) {
    logs =
        new Logs(
            folder, LogbackSettings.defaults().withBufferSize(3).withDrainTimeout(drainTimeout));
    held = logs.attach(logs.prepare(new Held(), "held.log"));
    logs.attachFile("other.log");
  }

  @Test
  @DisplayName("the checkpoint is refused in time, and nothing is changed")
  void writing() throws Exception {
    setUp(Duration.ofMillis(200));
    var stream = held.getOutputStream();
    held.hold();
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("held.log")
        .hasMessageContaining("crac.logback.drain-timeout");
    assertThat(held.getOutputStream()).isSameAs(stream);
    logs.restore();
    held.release();
    logs.logger().info("after");
    assertThat(logs.lines("held.log")).containsExactly("after");
    assertThat(logs.lines("other.log")).containsExactly("after");
  }

  @Test
  @DisplayName("at the restore, it is named, and the next event opens it")
  void writingAtRestore() throws Exception {
    setUp(Duration.ofMillis(200));
    logs.checkpoint();
    logs.logger().info("during");
    held.hold();
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("held.log");
    held.release();
    assertThat(logs.open()).containsExactly("other.log");
    logs.logger().info("after");
    assertThat(logs.lines("held.log")).containsExactly("during", "after");
    assertThat(logs.open()).containsExactlyInAnyOrder("held.log", "other.log");
  }

  @Test
  @DisplayName(
      "at the restore, the next event opens it at once, whatever the restore before had met")
  void writingAtRestoreAfterFailure() throws Exception {
    setUp(Duration.ofMillis(200));
    logs.checkpoint();
    Files.delete(logs.path("held.log"));
    Files.createDirectory(logs.path("held.log"));
    assertThatThrownBy(logs::restore).hasMessageContaining("held.log");
    Files.delete(logs.path("held.log"));
    logs.checkpoint();
    held.hold();
    assertThatThrownBy(logs::restore).hasMessageContaining("held.log");
    held.release();
    logs.logger().info("after");
    assertThat(logs.lines("held.log")).containsExactly("after");
  }

  @Test
  @DisplayName("a restore that is interrupted leaves each file to its next event")
  void interruptedRestore() throws Exception {
    setUp(Duration.ofSeconds(20));
    logs.checkpoint();
    logs.logger().info("during");
    Thread.currentThread().interrupt();
    assertThatThrownBy(logs::restore).isInstanceOf(IOException.class);
    assertThat(Thread.interrupted()).isTrue();
    logs.logger().info("after");
    assertThat(logs.lines("held.log")).containsExactly("during", "after");
    assertThat(logs.lines("other.log")).containsExactly("during", "after");
  }

  @Test
  @DisplayName("a checkpoint that is interrupted and restored closes no file afterwards")
  void givenUp() throws Exception {
    setUp(Duration.ofSeconds(20));
    held.hold();
    Walk checkpoint = new Walk(logs::checkpoint, Thread.State.TIMED_WAITING);
    checkpoint.thread.interrupt();
    logs.restore();
    held.release();
    assertThatThrownBy(checkpoint::join).hasCauseInstanceOf(InterruptedException.class);
    assertServing();
  }

  @Test
  @DisplayName("a checkpoint that goes on while it is restored leaves no file closed")
  void givenUpButGoesOn() throws Exception {
    setUp(Duration.ofSeconds(20));
    held.hold();
    Walk checkpoint = new Walk(logs::checkpoint, Thread.State.TIMED_WAITING);
    Walk restore = new Walk(logs::restore, Thread.State.BLOCKED);
    held.release();
    checkpoint.join();
    restore.join();
    assertServing();
  }

  @Test
  @DisplayName("a checkpoint that was restored while it drained a queue closes no file afterwards")
  void restoredWhileDraining() throws Exception {
    setUp(Duration.ofSeconds(20));
    Held target = logs.prepare(new Held(), "queued.log");
    target.start();
    logs.attach(logs.async(target));
    target.hold();
    logs.logger().info("queued");
    Walk checkpoint = new Walk(logs::checkpoint, Thread.State.TIMED_WAITING);
    logs.restore();
    target.release();
    checkpoint.join();
    assertThat(logs.open()).containsExactlyInAnyOrder("held.log", "other.log", "queued.log");
  }

  private void assertServing() throws IOException {
    assertThat(logs.open()).containsExactlyInAnyOrder("held.log", "other.log");
    logs.logger().info("after");
    assertThat(logs.lines("held.log")).containsExactly("after");
    assertThat(logs.lines("other.log")).containsExactly("after");
  }

  /** One half of a walk on a thread of its own, which has come to wait. */
  private static final class Walk {

    private final FutureTask<Void> task;
    private final Thread thread;

    Walk(Step step, Thread.State state) {
      Callable<Void> callable =
          () -> {
            step.run();
            return null;
          };
      task = new FutureTask<>(callable);
      thread = new Thread(task);
      thread.start();
      await().until(() -> thread.getState() == state);
    }

    void join() throws InterruptedException, ExecutionException {
      task.get();
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  /** An appender that another thread is writing with. */
  private static final class Held extends FileAppender<ILoggingEvent> {

    private final CountDownLatch release = new CountDownLatch(1);
    private Thread holder;

    void hold() throws InterruptedException {
      CountDownLatch held = new CountDownLatch(1);
      holder =
          new Thread(
              () -> {
                streamWriteLock.lock();
                held.countDown();
                try {
                  release.await(30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } finally {
                  streamWriteLock.unlock();
                }
              });
      holder.start();
      assertThat(held.await(10, TimeUnit.SECONDS)).isTrue();
    }

    void release() throws InterruptedException {
      release.countDown();
      holder.join(10_000);
    }
  }
}
