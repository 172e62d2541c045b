/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.net.SMTPAppender;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.logback.LogbackSettings;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("An appender that sends mails")
@Timeout(60)
class MailAppenderTest {

  @TempDir Path folder;
  private Logs logs;
  private MailServer server;

  private void setUp(boolean asynchronous, Duration drainTimeout) throws Exception {
    logs = new Logs(folder, LogbackSettings.defaults().withDrainTimeout(drainTimeout));
    server = new MailServer();
    NetworkXml.configure(
        logs.context,
        NetworkXml.appender(
            "NET",
            SMTPAppender.class,
            """
            <smtpHost>localhost</smtpHost><smtpPort>%d</smtpPort>
            <to>ops@example.org</to><from>app@example.org</from><subject>trouble</subject>
            <asynchronousSending>%s</asynchronousSending>
            <layout class='%s'><pattern>%%msg by %%thread%%n</pattern></layout>
            """
                .formatted(server.port(), asynchronous, PatternLayout.class.getName())),
        "NET");
  }

  @AfterEach
  void tearDown() throws Exception {
    logs.close();
    server.close();
  }

  @ParameterizedTest(name = "in the background: {0}")
  @ValueSource(booleans = {true, false})
  @DisplayName("has sent those under way before the checkpoint, and has no connection then")
  void sentBefore(boolean asynchronous) throws Exception {
    setUp(asynchronous, Duration.ofSeconds(20));
    CompletableFuture<Void> logging =
        CompletableFuture.runAsync(() -> logs.logger().error("first"));
    await().until(() -> !OpenSockets.to(server.port()).isEmpty());
    CompletableFuture<Void> checkpoint =
        CompletableFuture.runAsync(
            () -> {
              try {
                logs.checkpoint();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    server.take(1);
    checkpoint.get(20, TimeUnit.SECONDS);
    assertThat(OpenSockets.to(server.port())).isEmpty();
    assertThat(server.receive(1)).singleElement().asString().contains("first by");
    logging.get(20, TimeUnit.SECONDS);
    logs.restore();
  }

  @Test
  @DisplayName("sends after the restore what was logged during the checkpoint, once")
  void keptAndSent() throws Exception {
    setUp(true, Duration.ofSeconds(5));
    server.take(10);
    logs.logger().info("earlier");
    logs.checkpoint();
    logs.logger().info("before");
    Thread thread = new Thread(() -> logs.logger().error("trouble"), "its thread");
    thread.start();
    thread.join();
    assertThat(OpenSockets.to(server.port())).isEmpty();
    logs.restore();
    assertThat(server.receive(1))
        .singleElement()
        .asString()
        .contains("earlier by")
        .containsSubsequence("before by", "trouble by its thread");
    logs.logger().error("more");
    assertThat(server.receive(2))
        .last()
        .asString()
        .contains("more by")
        .doesNotContain("trouble by");
  }

  @ParameterizedTest(name = "in the background: {0}")
  @ValueSource(booleans = {true, false})
  @DisplayName("refuses the checkpoint while a mail takes too long, and loses nothing")
  void tooLong(boolean asynchronous) throws Exception {
    setUp(asynchronous, Duration.ofMillis(300));
    CompletableFuture<Void> logging = CompletableFuture.runAsync(() -> logs.logger().error("slow"));
    await().until(() -> !OpenSockets.to(server.port()).isEmpty());
    assertThatThrownBy(logs::checkpoint)
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(
            "SMTPAppender [NET]: is still sending a mail through localhost:" + server.port());
    CompletableFuture<Void> next = CompletableFuture.runAsync(() -> logs.logger().error("next"));
    server.take(1);
    logging.get(20, TimeUnit.SECONDS);
    assertThat(server.receive(1)).singleElement().asString().contains("slow by");
    server.take(1);
    next.get(20, TimeUnit.SECONDS);
    logs.restore();
    assertThat(server.receive(2)).hasSize(2).last().asString().contains("next by");
  }

  @Test
  @DisplayName("sends what was logged before it was stopped during the checkpoint")
  void stopped() throws Exception {
    setUp(true, Duration.ofSeconds(5));
    server.take(1);
    logs.checkpoint();
    logs.logger().error("last");
    logs.context.reset();
    logs.restore();
    assertThat(server.receive(1)).singleElement().asString().contains("last by");
  }
}
