/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.borrow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.fixture.Background;
import dev.cracadapters.hikari.fixture.Deadlines;
import dev.cracadapters.hikari.fixture.Pools;
import dev.cracadapters.hikari.fixture.Postgres;
import java.sql.Connection;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom a refusal names for a connection that is not given back. */
@Timeout(60)
class BorrowerRefusalTest {

  private static final HikariSettings SHORT =
      HikariSettings.defaults().withDrainTimeout(Duration.ofMillis(200));

  private final Postgres postgres = Postgres.shared();
  private final CountDownLatch giveBack = new CountDownLatch(1);
  private final List<Background<Boolean>> borrowers = new ArrayList<>();

  @Test
  @DisplayName("The refusal names the borrower's thread, since when, and where it is now")
  void namesThreadAndMomentAndStack() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("named"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      LocalDateTime before = LocalDateTime.now();
      long begin = System.nanoTime();
      borrow(dataSource, "report-builder");
      LocalDateTime after = LocalDateTime.now();
      long borrowed = System.nanoTime();
      Deadlines.pass(Duration.ofMillis(2500));

      String message = refusal(resource);
      long atMost = System.nanoTime() - begin;
      long atLeast = System.nanoTime() - borrowed;

      Matcher borrower =
          Pattern.compile(
                  "borrowed by thread \"report-builder\" for (\\d+) s \\(since (\\d\\d:\\d\\d:\\d\\d)\\), which is now\n")
              .matcher(message);
      assertThat(message)
          .startsWith("named: 1 connection is still borrowed after 200 ms\nborrowed by thread")
          .contains("\n\tat dev.cracadapters.hikari.BorrowerRefusalTest.hold(BorrowerRefusalTest.")
          .endsWith("\nRaise spring.crac.hikari.drain-timeout or finish the work");
      assertThat(borrower.find()).isTrue();
      // The clock is set once a second, and later on a machine that is busy.
      assertThat(Long.parseLong(borrower.group(1)))
          .isBetween(
              TimeUnit.NANOSECONDS.toSeconds(atLeast) - 1,
              TimeUnit.NANOSECONDS.toSeconds(atMost) + 10);
      LocalDateTime since = LocalTime.parse(borrower.group(2)).atDate(before.toLocalDate());
      if (since.isAfter(after.plusHours(12))) {
        since = since.minusDays(1);
      }
      assertThat(since)
          .isBetween(before.minusSeconds(10), after.plusSeconds(1))
          .isEqualTo(since.truncatedTo(ChronoUnit.SECONDS));
      finish(resource);
    }
  }

  @Test
  @DisplayName("The last borrower is named, not one who has given the connection back")
  void namesTheLastBorrower() throws Exception {
    try (HikariDataSource dataSource = onePool("last")) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      for (int i = 0; i < 3; i++) {
        Background<Integer> earlier = Background.run("earlier", () -> Pools.selectOne(dataSource));
        assertThat(earlier.result().get(10, TimeUnit.SECONDS)).isEqualTo(1);
      }
      borrow(dataSource, "last-one");

      assertThat(refusal(resource)).contains("by thread \"last-one\"").doesNotContain("earlier");
      finish(resource);
    }
  }

  @Test
  @DisplayName("A borrower on a virtual thread is named with its stack")
  void namesVirtualThread() throws Exception {
    assumeTrue(Runtime.version().feature() >= 21, "virtual threads need Java 21");
    ExecutorService virtual =
        (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("virtual"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      CountDownLatch borrowed = new CountDownLatch(1);
      var borrower = virtual.submit(() -> hold(dataSource, borrowed));
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      assertThat(refusal(resource))
          .containsPattern("borrowed by thread VirtualThread\\[#\\d+] for \\d+ s \\(since ")
          .contains("\n\tat dev.cracadapters.hikari.BorrowerRefusalTest.hold(BorrowerRefusalTest.");
      finish(resource);
      assertThat(borrower.get(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      virtual.shutdown();
    }
  }

  @Test
  @DisplayName("A connection whose borrower's thread has ended is told to be lost")
  void namesThreadThatHasEnded() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("ended"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      List<Connection> leaked = new ArrayList<>();
      Thread leak =
          new Thread(
              () -> {
                try {
                  leaked.add(dataSource.getConnection());
                } catch (java.sql.SQLException e) {
                  throw new IllegalStateException(e);
                }
              },
              "forgetful");
      leak.start();
      leak.join(10_000);
      assertThat(leaked).hasSize(1);

      assertThat(refusal(resource))
          .containsPattern(
              "borrowed by thread \"forgetful\" for \\d+ s \\(since [\\d:]+\\), which has ended without giving it back\n");
      finish(resource);
      leaked.get(0).close();
    }
  }

  @Test
  @DisplayName("A thread with two connections is named twice, its stack once")
  void namesThreadWithTwoConnections() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("two"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      CountDownLatch borrowed = new CountDownLatch(1);
      borrowers.add(
          Background.run(
              "nested",
              () -> {
                try (Connection outer = dataSource.getConnection()) {
                  return hold(dataSource, borrowed) && outer.isValid(1);
                }
              }));
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      String message = refusal(resource);

      assertThat(message).startsWith("two: 2 connections are still borrowed after 200 ms\n");
      assertThat(message.split("borrowed by thread \"nested\"", -1)).hasSize(3);
      assertThat(message.split("BorrowerRefusalTest\\.hold\\(", -1)).hasSize(2);
      assertThat(message).contains("), as above\n");
      finish(resource);
    }
  }

  @Test
  @DisplayName("Of many borrowers those are named who borrowed first")
  void namesTheFirstOfMany() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("many"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT);
      for (int i = 0; i < 5; i++) {
        BorrowClock.advance();
        borrow(dataSource, "worker-" + i);
      }

      assertThat(refusal(resource))
          .startsWith("many: 5 connections are still borrowed after 200 ms\n")
          .contains("\"worker-0\"", "\"worker-1\"", "\"worker-2\"", "\nand 2 more\n")
          .doesNotContain("\"worker-3\"", "\"worker-4\"");
      finish(resource);
    }
  }

  @Test
  @DisplayName("Without tracking those are named who might have the connection")
  void namesThoseWhoMightHaveIt() throws Exception {
    try (HikariDataSource dataSource = new HikariDataSource(postgres.config("untracked"))) {
      HikariResource resource = HikariResource.of(dataSource, SHORT.withTrackBorrowers(false));
      CountDownLatch borrowed = new CountDownLatch(1);
      borrowers.add(
          Background.run(
              "sleeper",
              () -> {
                try (Connection connection = dataSource.getConnection();
                    var statement = connection.createStatement()) {
                  borrowed.countDown();
                  return statement.execute("select pg_sleep(2)");
                }
              }));
      assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();

      assertThat(refusal(resource))
          .contains(
              "\nborrowed by a thread that was not noted, perhaps ",
              "thread \"sleeper\", which is in a call at dev.cracadapters.hikari.BorrowerRefusalTest.");
      finish(resource);
    }
  }

  private HikariDataSource onePool(String name) {
    var config = postgres.config(name);
    config.setMaximumPoolSize(1);
    return new HikariDataSource(config);
  }

  private void borrow(HikariDataSource dataSource, String thread) throws InterruptedException {
    CountDownLatch borrowed = new CountDownLatch(1);
    borrowers.add(Background.run(thread, () -> hold(dataSource, borrowed)));
    assertThat(borrowed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  private boolean hold(HikariDataSource dataSource, CountDownLatch borrowed) throws Exception {
    try (Connection connection = dataSource.getConnection()) {
      borrowed.countDown();
      return giveBack.await(30, TimeUnit.SECONDS) && connection.isValid(1);
    }
  }

  /** All borrowers get done, and the refusal has harmed none. */
  private void finish(HikariResource resource) throws Exception {
    resource.afterRestore(null);
    giveBack.countDown();
    for (Background<Boolean> borrower : borrowers) {
      assertThat(borrower.result().get(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static String refusal(HikariResource resource) {
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> resource.beforeCheckpoint(null));
    assertThat(refused).isNotNull();
    return refused.getMessage();
  }
}
