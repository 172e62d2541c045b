/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.spi.ConfigurationEvent.EventType;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackResource;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.file.OwnAppender;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Xml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A configuration that is scanned for changes")
@Timeout(60)
class ScanningTest {

  @TempDir Path temporary;
  private Logs logs;
  private Path configuration;
  private final AtomicInteger scans = new AtomicInteger();
  private final AtomicInteger read = new AtomicInteger();

  @BeforeEach
  void setUp() throws Exception {
    logs = new Logs(temporary.toRealPath());
    configuration = logs.path("logback.xml");
    write("one.log", 0);
    logs.context.addConfigurationEventListener(
        event -> {
          if (event.getEventType() == EventType.CHANGE_DETECTOR_RUNNING) {
            scans.incrementAndGet();
          } else if (event.getEventType() == EventType.CONFIGURATION_ENDED_SUCCESSFULLY) {
            read.incrementAndGet();
          }
        });
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(configuration.toFile());
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void write(String log, int secondsLater) throws IOException {
    Files.writeString(
        configuration,
        """
        <configuration scan="true" scanPeriod="20 milliseconds">
          %s
        </configuration>
        """
            .formatted(Xml.file("file", logs.path(log))));
    Files.setLastModifiedTime(
        configuration, FileTime.fromMillis(System.currentTimeMillis() + secondsLater * 1000L));
  }

  private void awaitScan() {
    int before = scans.get();
    await().atMost(Duration.ofSeconds(20)).until(() -> scans.get() > before);
  }

  /** A scan that has begun and goes no further. */
  private void awaitWaitingScan() {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                Thread.getAllStackTraces().values().stream()
                    .flatMap(Stream::of)
                    .anyMatch(
                        frame ->
                            frame.getClassName().equals(PausedScanning.class.getName())
                                && frame.getMethodName().equals("waitUntilOpen")));
  }

  /** Takes its time to start. */
  public static final class Slow extends OwnAppender {

    static final CountDownLatch STARTING = new CountDownLatch(1);
    static final CountDownLatch GO_ON = new CountDownLatch(1);

    @Override
    public void start() {
      STARTING.countDown();
      try {
        GO_ON.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      super.start();
    }
  }

  @Test
  @DisplayName("is not read at a checkpoint, and is read afterwards if it changed meanwhile")
  void changedMeanwhile() throws Exception {
    logs.logger().info("before");
    awaitScan();
    logs.checkpoint();
    write("two.log", 5);
    awaitWaitingScan();
    logs.logger().info("meanwhile");
    assertThat(read).hasValue(1);
    assertThat(logs.open()).isEmpty();
    assertThat(logs.path("two.log")).doesNotExist();

    logs.restore();
    await().atMost(Duration.ofSeconds(20)).until(() -> read.get() == 2);
    logs.logger().info("after");
    assertThat(logs.lines("one.log")).containsExactly("before", "meanwhile");
    assertThat(logs.lines("two.log")).containsExactly("after");
    awaitScan();
  }

  @Test
  @DisplayName("goes on being scanned through many checkpoints")
  void goesOn() throws Exception {
    for (int cycle = 0; cycle < 10; cycle++) {
      logs.checkpoint();
      assertThat(logs.open()).isEmpty();
      logs.restore();
      awaitScan();
    }
    write("two.log", 5);
    await().atMost(Duration.ofSeconds(20)).until(() -> read.get() == 2);
  }

  @Test
  @DisplayName("can be stopped at a checkpoint")
  void stopped() throws Exception {
    logs.checkpoint();
    logs.logger().info("meanwhile");
    awaitWaitingScan();
    logs.context.stop();
    logs.restore();
    assertThat(logs.lines("one.log")).containsExactly("meanwhile");
    assertThat(logs.open()).isEmpty();
    assertThat(read).hasValue(1);
  }

  @Test
  @DisplayName("is waited for while it is being read, and refuses the checkpoint if it is too slow")
  void beingRead() throws Exception {
    LoggerContext other = new LoggerContext();
    other.setMDCAdapter(logs.mdc);
    LogbackResource resource =
        LogbackResource.of(
            other, LogbackSettings.defaults().withDrainTimeout(Duration.ofMillis(200)));
    Thread slow =
        new Thread(
            () -> {
              try {
                Xml.configure(
                    other,
                    Xml.appender(
                        "slow",
                        Slow.class.getName(),
                        "<file>" + logs.path("slow.log") + "</file>"));
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    slow.start();
    assertThat(Slow.STARTING.await(20, TimeUnit.SECONDS)).isTrue();

    assertThatThrownBy(() -> resource.beforeCheckpoint(null))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("its configuration is still being read")
        .hasMessageContaining("drain-timeout");
    resource.afterRestore(null);
    Slow.GO_ON.countDown();
    slow.join(20_000);
    resource.beforeCheckpoint(null);
    other.getLogger("test").info("meanwhile");
    assertThat(logs.open()).doesNotContain("slow.log");
    resource.afterRestore(null);
    other.stop();
    assertThat(logs.lines("slow.log")).containsExactly("meanwhile");
  }
}
