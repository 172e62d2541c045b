/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.recovery.ResilientFileOutputStream;
import ch.qos.logback.core.status.Status;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("When something is in the way")
@Timeout(60)
class FailureTest {

  @TempDir Path folder;
  private Logs logs;

  @BeforeEach
  void setUp() {
    logs =
        new Logs(
            folder,
            LogbackSettings.defaults().withBufferSize(3).withDrainTimeout(Duration.ofMillis(300)));
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("of opening a file again, it is named, and the other files are opened")
  void named() throws Exception {
    logs.attachFile("first.log");
    logs.attachFile("broken.log");
    logs.attachFile("last.log");
    logs.checkpoint();
    logs.logger().info("during");
    obstruct("broken.log");
    assertThatThrownBy(logs::restore)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(logs.path("broken.log").toString())
        .hasMessageContaining("1 kept events");
    assertThat(logs.open()).containsExactlyInAnyOrder("first.log", "last.log");
    assertThat(logs.lines("first.log")).containsExactly("during");
    assertThat(logs.lines("last.log")).containsExactly("during");
    clear("broken.log");
  }

  @Test
  @DisplayName("of opening two files again, both are named")
  void bothNamed() throws Exception {
    logs.attachFile("one.log");
    logs.attachFile("two.log");
    logs.checkpoint();
    obstruct("one.log");
    obstruct("two.log");
    Throwable failure = catchThrowable(logs::restore);
    List<Throwable> all = new ArrayList<>(List.of(failure.getSuppressed()));
    all.add(failure);
    assertThat(all)
        .hasSize(2)
        .anySatisfy(e -> assertThat(e).hasMessageContaining("one.log"))
        .anySatisfy(e -> assertThat(e).hasMessageContaining("two.log"));
    clear("one.log");
    clear("two.log");
  }

  @Test
  @DisplayName("of opening a file again, a later event opens it and writes all that was kept")
  void mended() throws Exception {
    logs.attachFile("app.log");
    logs.logger().info("before");
    logs.checkpoint();
    logs.logger().info("during");
    Path away = logs.path("away");
    Files.move(logs.path("app.log"), away);
    Files.createDirectory(logs.path("app.log"));
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    logs.logger().info("after");
    Files.delete(logs.path("app.log"));
    Files.move(away, logs.path("app.log"));
    await()
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              logs.logger().info("x");
              return !logs.open().isEmpty();
            });
    assertThat(logs.lines("app.log")).startsWith("before", "during", "after", "x").endsWith("x");
    logs.logger().info("end");
    assertThat(logs.lines("app.log")).endsWith("end");
  }

  @Test
  @DisplayName("of opening a file again, a second afterRestore opens it and writes what was kept")
  void mendedBySecondRestore() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("during");
    obstruct("app.log");
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    clear("app.log");
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("during");
    assertThat(logs.open()).containsExactly("app.log");
  }

  @Test
  @DisplayName("of opening a file again, what is kept lasts through the next checkpoint")
  void mendedByNextCheckpoint() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("first");
    obstruct("app.log");
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    logs.checkpoint();
    logs.logger().info("second");
    clear("app.log");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("first", "second");
  }

  @Test
  @DisplayName("of opening a file again, the loss of an event is told at once, and later how many")
  void lossIsTold() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    obstruct("app.log");
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log");
    logs.logger().info("1");
    logs.logger().info("2");
    logs.logger().info("3");
    assertThat(errors()).singleElement().asString().contains("cannot be opened");
    logs.logger().info("4");
    assertThat(errors()).hasSize(2).last().asString().contains("app.log", "3 events are kept");
    clear("app.log");
    logs.restore();
    String loss =
        "1 log events were dropped from %s while it was closed for a checkpoint (buffer-size 3)"
            .formatted(logs.path("app.log"));
    assertThat(logs.lines("app.log")).containsExactly("1", "2", "3", loss);
    assertThat(logs.context.getStatusManager().getCopyOfStatusList())
        .extracting(Status::getMessage)
        .contains(loss);
  }

  @Test
  @DisplayName("of writing what was kept when an appender is stopped, it goes to standard error")
  void standardError() throws Exception {
    logs.attachFile("app.log");
    logs.checkpoint();
    logs.logger().info("during");
    obstruct("app.log");
    PrintStream err = System.err;
    ByteArrayOutputStream captured = new ByteArrayOutputStream();
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      logs.context.stop();
    } finally {
      System.setErr(err);
    }
    assertThat(captured.toString(StandardCharsets.UTF_8)).contains("during");
    logs.restore();
  }

  @Test
  @DisplayName("of writing the buffer, the checkpoint is refused and the file stays open")
  void fullDisk() throws Exception {
    Files.createSymbolicLink(logs.path("full.log"), Path.of("/dev/full"));
    FileAppender<ILoggingEvent> appender = logs.appender("full.log");
    appender.setImmediateFlush(false);
    logs.attach(appender);
    var stream = appender.getOutputStream();
    logs.attachFile("fine.log");
    logs.logger().info("buffered");
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(logs.path("full.log").toString())
        .hasMessageContaining("No space left on device");
    assertThat(appender.getOutputStream()).isSameAs(stream);
    logs.restore();
    logs.logger().info("after");
    assertThat(logs.lines("fine.log")).containsExactly("buffered", "after");
    Files.delete(logs.path("full.log"));
  }

  @Test
  @DisplayName("of writing what was kept, it is kept on, and written once there is space")
  void fullDiskAtRestore() throws Exception {
    logs.attachFile("app.log");
    logs.logger().info("before");
    logs.checkpoint();
    logs.logger().info("during");
    Path away = logs.path("away");
    Files.move(logs.path("app.log"), away);
    Files.createSymbolicLink(logs.path("app.log"), Path.of("/dev/full"));
    assertThatThrownBy(logs::restore)
        .hasMessageContaining("app.log")
        .hasMessageContaining("No space left on device");
    Files.delete(logs.path("app.log"));
    Files.move(away, logs.path("app.log"));
    logs.restore();
    assertThat(logs.lines("app.log")).containsExactly("before", "during");
  }

  @Test
  @DisplayName("of writing the second half of what was kept, only that half is written later")
  void diskFillsUp() throws Exception {
    FillingAppender appender = logs.attach(logs.prepare(new FillingAppender(), "app.log"));
    logs.checkpoint();
    for (int i = 0; i < 5; i++) {
      logs.logger().info("event {}", i);
    }
    appender.space = 20;
    assertThatThrownBy(logs::restore).hasMessageContaining("app.log").hasMessageContaining("full");
    assertThat(Files.size(logs.path("app.log"))).isEqualTo(20);
    appender.space = Integer.MAX_VALUE;
    logs.restore();
    assertThat(logs.lines("app.log"))
        .containsExactly("event 0", "event 1", "event 2", "event 3", "event 4");
  }

  private List<Status> errors() {
    return logs.context.getStatusManager().getCopyOfStatusList().stream()
        .filter(status -> status.getLevel() == Status.ERROR)
        .toList();
  }

  /** Puts a folder into the place of a file: not even root can open that for writing. */
  private void obstruct(String file) throws IOException {
    Files.delete(logs.path(file));
    Files.createDirectory(logs.path(file));
  }

  private void clear(String file) throws IOException {
    Files.delete(logs.path(file));
  }

  /** An appender on a disk with as much space as is set. */
  private static final class FillingAppender extends FileAppender<ILoggingEvent> {

    private int space = Integer.MAX_VALUE;

    @Override
    public void openFile(String name) throws IOException {
      setOutputStream(new FillingStream(new File(name)));
    }

    private final class FillingStream extends ResilientFileOutputStream {

      FillingStream(File file) throws IOException {
        super(file, true, 1);
        OutputStream disk = os;
        os =
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                if (space == 0) {
                  throw new IOException("disk full");
                }
                space--;
                disk.write(b);
                disk.flush();
              }

              @Override
              public void close() throws IOException {
                disk.close();
              }
            };
      }
    }
  }
}
