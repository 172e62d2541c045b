/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.appender;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.sift.MDCBasedDiscriminator;
import ch.qos.logback.classic.sift.SiftingAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A sifting appender")
class SiftingTest {

  @TempDir Path folder;
  private Logs logs;
  private SiftingAppender sifting;

  @BeforeEach
  void setUp() {
    logs = new Logs(folder);
    sifting = new SiftingAppender();
    sifting.setContext(logs.context);
    MDCBasedDiscriminator discriminator = new MDCBasedDiscriminator();
    discriminator.setContext(logs.context);
    discriminator.setKey("user");
    discriminator.setDefaultValue("nobody");
    discriminator.start();
    sifting.setDiscriminator(discriminator);
    sifting.setAppenderFactory(
        (context, value) -> {
          FileAppender<ILoggingEvent> child = logs.appender(value + ".log");
          child.start();
          return child;
        });
    logs.attach(sifting);
  }

  @AfterEach
  void tearDown() {
    logs.close();
  }

  @Test
  @DisplayName("has the files of its children closed and opened again")
  void existing() throws Exception {
    log("alice", "before");
    logs.checkpoint();
    assertThat(logs.open()).isEmpty();
    log("alice", "during");
    logs.restore();
    log("alice", "after");
    assertThat(logs.lines("alice.log")).containsExactly("before", "during", "after");
  }

  @Test
  @DisplayName("has the file of a child that it builds during a checkpoint closed at once")
  void builtMeanwhile() throws Exception {
    logs.checkpoint();
    log("bob", "during");
    assertThat(logs.open()).isEmpty();
    logs.restore();
    assertThat(logs.open()).containsExactly("bob.log");
    log("bob", "after");
    assertThat(logs.lines("bob.log")).containsExactly("during", "after");
  }

  @Test
  @DisplayName("has its own tracker of children again after the restore")
  void tracker() throws Exception {
    var tracker = sifting.getAppenderTracker();
    logs.checkpoint();
    log("carol", "during");
    logs.restore();
    assertThat(sifting.getAppenderTracker()).isSameAs(tracker);
    assertThat(tracker.allKeys()).containsExactly("carol");
  }

  private void log(String user, String message) {
    logs.mdc.put("user", user);
    logs.logger().info(message);
  }
}
