/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static dev.cracadapters.logback.testing.Configured.files;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.sift.SiftingAppender;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.appender.LogbackMembers;
import dev.cracadapters.logback.testing.CloneEngine;
import dev.cracadapters.logback.testing.Configured;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.YearMonth;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("With on-restore=per-instance a sifting appender")
@Timeout(60)
class PerInstanceSiftingTest {

  private static final String DISCRIMINATOR =
      "<discriminator><key>user</key><defaultValue>nobody</defaultValue></discriminator>";
  private static final String CHILDREN =
      "<sift><appender name='${user}' class='ch.qos.logback.core.FileAppender'><file>DIR/${user}.log</file><encoder><pattern>%msg%n</pattern></encoder></appender></sift>";

  @TempDir Path folder;
  private Logs logs;

  @AfterEach
  void tearDown() {
    logs.close();
  }

  private void logs(String inside) throws Exception {
    logs =
        Configured.logs(
            folder,
            OnRestore.PER_INSTANCE,
            "<appender name='A' class='ch.qos.logback.classic.sift.SiftingAppender'>%s%s</appender>"
                .formatted(DISCRIMINATOR, inside));
  }

  private void restoreAs(String instance) throws Exception {
    CloneEngine.becomes(instance);
    logs.restore();
  }

  private void log(String user, String message) {
    logs.mdc.put("user", user);
    logs.logger().info(message);
  }

  @Test
  @DisplayName("has files of its instance for children of before, of the walk and of later")
  void children() throws Exception {
    logs(CHILDREN);
    log("alice", "before");
    logs.checkpoint();
    log("alice", "during");
    log("bob", "during");
    restoreAs("1");
    log("alice", "after");
    log("bob", "after");
    log("carol", "after");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("alice.log", "before"),
            Map.entry("bob.log", ""),
            Map.entry("alice.1.log", "during after"),
            Map.entry("bob.1.log", "during after"),
            Map.entry("carol.1.log", "after"));
  }

  @Test
  @DisplayName("names children anew at each restore, from their configured names")
  void again() throws Exception {
    logs(CHILDREN);
    logs.checkpoint();
    restoreAs("1");
    log("alice", "first");
    logs.checkpoint();
    restoreAs("2");
    log("alice", "second");
    log("bob", "second");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("alice.1.log", "first"),
            Map.entry("alice.2.log", "second"),
            Map.entry("bob.2.log", "second"));
  }

  @Test
  @DisplayName("names later children that roll, and their archives, by the instance")
  void rolling() throws Exception {
    logs(
        "<sift><appender name='${user}' class='ch.qos.logback.core.rolling.RollingFileAppender'><File>DIR/${user}.log</File><rollingPolicy class='ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy'><FileNamePattern>DIR/${user}.%d{yyyy-MM}.%i.log</FileNamePattern><maxFileSize>1</maxFileSize></rollingPolicy><encoder><pattern>%msg%n</pattern></encoder></appender></sift>");
    logs.checkpoint();
    restoreAs("x");
    log("alice", "one");
    log("alice", "two");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("alice." + YearMonth.now() + ".0.x.log", "one"),
            Map.entry("alice.x.log", "two"));
  }

  @Test
  @DisplayName("with children made in Java writes nothing to a shared file, nor a header or footer")
  void inJava() throws Exception {
    logs = new Logs(folder, Logs.SETTINGS.withOnRestore(OnRestore.PER_INSTANCE));
    SiftingAppender sifting = new SiftingAppender();
    sifting.setContext(logs.context);
    var discriminator = new ch.qos.logback.classic.sift.MDCBasedDiscriminator();
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
    logs.checkpoint();
    restoreAs("1");
    log("alice", "first");
    logs.checkpoint();
    restoreAs("2");
    log("alice", "second");
    assertThat(files(folder))
        .containsOnly(
            Map.entry("alice.log", ""),
            Map.entry("alice.1.log", "first"),
            Map.entry("alice.2.log", "second"));
    assertThat(logs.open()).containsExactly("alice.2.log");
  }

  @Test
  @DisplayName("that was not restored keeps its factory, and the names of its children")
  void notRestored() throws Exception {
    logs(CHILDREN);
    var sifting = (SiftingAppender) logs.context.getLogger("ROOT").getAppender("A");
    LogbackMembers fields = new LogbackMembers();
    var factory = fields.factory(sifting);
    logs.checkpoint();
    logs.restore();
    log("alice", "after");
    assertThat(files(folder)).containsOnly(Map.entry("alice.log", "after"));
    assertThat(fields.factory(sifting)).isSameAs(factory);
  }
}
