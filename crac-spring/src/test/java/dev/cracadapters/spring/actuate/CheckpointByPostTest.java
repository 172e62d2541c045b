/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.jayway.jsonpath.JsonPath;
import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service with nothing set but spring.crac.enabled, apart from what makes a test quick. */
class CheckpointByPostTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private static Path folder;
  private static EmbeddedPostgres postgres;
  private static ServiceProcess service;
  private static Path pauseFile;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.start();
    pauseFile = folder.resolve("paused");
    service =
        new ServiceProcess(
            folder,
            List.of("-Dcrac.pause.file=" + pauseFile),
            "--spring.crac.enabled=true",
            "--spring.crac.engine=pause",
            "--spring.crac.jetty.drain-timeout=4s",
            "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
            "--spring.datasource.username=postgres");
  }

  @AfterAll
  static void stop() throws IOException {
    if (service != null) {
      service.close();
    }
    postgres.close();
  }

  @BeforeEach
  void fillThePool() {
    assertThat(service.get("/database?number=1")).isEqualTo("1");
  }

  /** Takes a checkpoint and goes on at once; returns what the POST was answered. */
  private static String checkpoint() throws IOException {
    String before = service.lastStart();
    String answer = service.postCheckpoint();
    awaitPause();
    ServiceProcess.delete(pauseFile);
    service.awaitReportAfter(before);
    return answer;
  }

  private static void awaitPause() {
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              assertThat(service.process.isAlive()).as(service::console).isTrue();
              return Files.exists(pauseFile) && Files.size(pauseFile) > 0;
            });
  }

  @Test
  @DisplayName("POST is answered with 202 as a whole, and then the connection is closed cleanly")
  void postIsAnswered() throws Exception {
    String answer = checkpoint();

    assertThat(answer).startsWith("HTTP/1.1 202 ").contains("\"accepted\":true");
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    assertThat(body.endsWith("}") || body.endsWith("\r\n0\r\n\r\n")).as(body).isTrue();
  }

  @Test
  @DisplayName("GET gives the report of the last checkpoint as JSON")
  void getGivesTheReport() throws Exception {
    checkpoint();

    assertThat(service.<String>report("$.outcome")).isEqualTo("RESTORED");
    assertThat(service.<String>report("$.engine")).isEqualTo("pause");
    assertThat(service.<String>report("$.startedAt")).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(service.<List<String>>report("$.failures")).isEmpty();
    assertThat(service.<List<Integer>>report("$.resources[*].beforeMicros"))
        .isNotEmpty()
        .allMatch(micros -> micros >= 0);
  }

  @Test
  @DisplayName("Every adapter has its place among the lifecycle beans")
  void adaptersAreOrdered() throws Exception {
    checkpoint();

    assertThat(service.<List<String>>report("$.resources[*].name"))
        .containsSubsequence(
            "bean 'gateKeeper'",
            "jetty 0.0.0.0:" + service.port,
            "bean 'worker'",
            "last use",
            "HikariPool-1",
            "logback default",
            "jdk")
        .noneMatch(name -> name.contains("webServer") || name.contains("hikariCheckpoint"));
  }

  @Test
  @DisplayName("Lifecycle beans are called once each way, and the pool serves them until the last")
  void eachIsCalledOnce() throws Exception {
    int before = events().size();

    checkpoint();

    List<String> events = events();
    assertThat(events.subList(before, events.size()))
        .containsExactly(
            "stop gate keeper",
            "stop worker",
            "last use sees 42",
            "first use sees 43",
            "start worker",
            "start gate keeper");
  }

  private static List<String> events() {
    return JsonPath.read(service.get("/events"), "$");
  }

  @Test
  @DisplayName("At the snapshot there is no socket, no database session and no open log file")
  void nothingIsOpen() throws Exception {
    String before = service.lastStart();
    service.postCheckpoint();
    awaitPause();
    try {
      assertThat(service.descriptors())
          .noneMatch(target -> target.equals(service.logFile().toString()));
      assertThat(sessions()).isZero();
      assertThatExceptionOfType(ConnectException.class)
          .isThrownBy(() -> new Socket("localhost", service.port).close());
    } finally {
      ServiceProcess.delete(pauseFile);
    }
    service.awaitReportAfter(before);
    assertThat(service.<String>report("$.outcome")).isEqualTo("RESTORED");
  }

  private static int sessions() throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "select count(*) from pg_stat_activity"
                    + " where backend_type = 'client backend' and pid <> pg_backend_pid()")) {
      result.next();
      return result.getInt(1);
    }
  }

  @Test
  @DisplayName("After the restore the service answers, from the database, and logs to its file")
  void serviceGoesOn() throws Exception {
    checkpoint();

    assertThat(service.get("/database?number=4711")).isEqualTo("4711");
    assertThat(Files.readString(service.logFile()))
        .contains("asked for 4711", "Back in service: pause engine");
  }

  @Test
  @DisplayName("A request in flight is answered before the snapshot")
  void requestInFlightFinishes() throws Exception {
    Path hold = folder.resolve("in-flight");
    CompletableFuture<String> slow = slow(hold);
    String before = service.lastStart();

    service.postCheckpoint();
    assertThat(pauseFile).doesNotExist();
    ServiceProcess.delete(hold);

    assertThat(slow.get(60, TimeUnit.SECONDS)).isEqualTo("done");
    awaitPause();
    ServiceProcess.delete(pauseFile);
    service.awaitReportAfter(before);
    assertThat(service.<String>report("$.outcome")).isEqualTo("RESTORED");
  }

  @Test
  @DisplayName("A request that takes too long refuses the checkpoint and is not cut off")
  void longRequestRefuses() throws Exception {
    Path hold = folder.resolve("too-long");
    CompletableFuture<String> slow = slow(hold);
    String before = service.lastStart();

    service.postCheckpoint();
    service.awaitReportAfter(before);

    assertThat(service.<String>report("$.outcome")).isEqualTo("REFUSED");
    assertThat(service.<List<String>>report("$.failures"))
        .singleElement()
        .asString()
        .contains("jetty", "/slow", "spring.crac.jetty.drain-timeout");
    assertThat(service.get("/database?number=5")).isEqualTo("5");
    ServiceProcess.delete(hold);
    assertThat(slow.get(60, TimeUnit.SECONDS)).isEqualTo("done");
    checkpoint();
    assertThat(service.<String>report("$.outcome")).isEqualTo("RESTORED");
  }

  private static CompletableFuture<String> slow(Path hold) {
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(() -> service.get("/slow?file=" + hold));
    await().atMost(LIMIT).until(() -> Files.exists(hold));
    return answer;
  }
}
