/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.spring.fixture.Contexts;
import dev.cracadapters.spring.fixture.RecordingBean;
import dev.cracadapters.spring.fixture.RecordingBean.Events;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class StopFailureTest {

  private ConfigurableApplicationContext context;
  private Events events;
  private Faulty faulty;

  @Configuration(proxyBeanMethods = false)
  static class Beans {

    @Bean
    Events events() {
      return new Events();
    }

    @Bean
    RecordingBean above(Events events) {
      return new RecordingBean(events, "above", 20);
    }

    @Bean
    Faulty faulty(Events events) {
      return new Faulty(events);
    }

    @Bean
    RecordingBean below(Events events) {
      return new RecordingBean(events, "below", 5);
    }
  }

  /** A bean of phase 10 that does what the test says. */
  static final class Faulty extends RecordingBean {

    final AtomicBoolean stopThrows = new AtomicBoolean();
    final AtomicBoolean stopHangs = new AtomicBoolean();
    final AtomicBoolean startThrows = new AtomicBoolean();
    final AtomicBoolean portIsTaken = new AtomicBoolean();
    final AtomicReference<Runnable> pending = new AtomicReference<>();

    Faulty(Events events) {
      super(events, "faulty", 10);
    }

    @Override
    public void start() {
      super.start();
      if (startThrows.get()) {
        super.stop();
        throw new IllegalStateException("the port is taken");
      }
      if (portIsTaken.get()) {
        try (ServerSocket other = new ServerSocket(0);
            ServerSocket own = new ServerSocket(other.getLocalPort())) {
          throw new IllegalStateException(own + " and " + other);
        } catch (IOException e) {
          super.stop();
          throw new IllegalStateException("Port 8080 is already in use", e);
        }
      }
    }

    @Override
    public void stop(Runnable callback) {
      if (stopHangs.get()) {
        pending.set(
            () -> {
              super.stop();
              callback.run();
            });
        return;
      }
      if (stopThrows.get()) {
        recordStop();
        throw new IllegalStateException("the broker does not answer");
      }
      super.stop(callback);
    }

    private void recordStop() {
      super.stop();
      setRunning();
    }
  }

  @BeforeEach
  void start() {
    start("20s");
  }

  private void start(String timeout) {
    context = Contexts.start(Beans.class, "--spring.crac.lifecycle-timeout=" + timeout);
    events = context.getBean(Events.class);
    faulty = context.getBean(Faulty.class);
    events.list.clear();
  }

  private void startImpatiently() {
    context.close();
    start("300ms");
  }

  @AfterEach
  void stop() {
    faulty.stopThrows.set(false);
    faulty.stopHangs.set(false);
    context.close();
  }

  @Test
  @DisplayName("A bean whose stop throws refuses the checkpoint, named with the cause and the mend")
  void throwingStopRefuses() {
    faulty.stopThrows.set(true);

    CheckpointException refused = checkpointIsRefused();

    assertThat(refused.getSuppressed())
        .singleElement()
        .isInstanceOf(RefusedException.class)
        .extracting(Throwable::getMessage)
        .asString()
        .contains("bean 'faulty'", "the broker does not answer", "Fix the bean's stop method");
    assertThat(refused.getSuppressed()[0])
        .hasRootCauseExactlyInstanceOf(IllegalStateException.class);
  }

  @Test
  @DisplayName("After a refusal every bean that was stopped runs again, and none was stopped twice")
  void everythingComesBack() {
    faulty.stopThrows.set(true);

    checkpointIsRefused();

    assertThat(events.list)
        .containsExactly("stop above", "stop faulty", "stop below", "start below", "start above");
    assertThat(faulty.isRunning()).isTrue();
  }

  @Test
  @DisplayName("The report of a refused checkpoint says which bean was in the way")
  void reportNamesTheBean() {
    faulty.stopThrows.set(true);

    checkpointIsRefused();

    CheckpointReport report = CheckpointCoordinator.global().lastReport().orElseThrow();
    assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(report.failures()).singleElement().asString().startsWith("bean 'faulty': ");
  }

  @Test
  @DisplayName("A bean that does not complete its stop in time refuses the checkpoint")
  void hangingStopRefuses() {
    startImpatiently();
    faulty.stopHangs.set(true);

    CheckpointException refused = checkpointIsRefused();

    assertThat(refused.getSuppressed())
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains(
            "bean 'faulty'",
            "did not complete its stop within 300 ms",
            "spring.crac.lifecycle-timeout");
  }

  @Test
  @DisplayName("A bean that completes its stop after the refusal is started again")
  void lateStopIsUndone() {
    startImpatiently();
    faulty.stopHangs.set(true);
    checkpointIsRefused();
    events.list.clear();

    faulty.pending.get().run();

    assertThat(events.list).containsExactly("stop faulty", "start faulty");
    assertThat(faulty.isRunning()).isTrue();
  }

  @Test
  @DisplayName("A smart bean that stops on another thread is waited for")
  void asynchronousStopIsWaitedFor() throws Exception {
    faulty.stopHangs.set(true);
    Thread stopping =
        new Thread(
            () -> {
              await().atMost(Duration.ofSeconds(10)).until(() -> faulty.pending.get() != null);
              faulty.pending.get().run();
            });
    stopping.start();

    CheckpointCoordinator.global().checkpoint();

    stopping.join();
    assertThat(events.list)
        .containsExactly(
            "stop above",
            "stop faulty",
            "stop below",
            "start below",
            "start faulty",
            "start above");
  }

  @Test
  @DisplayName("A bean that does not start again is reported, and the others come back")
  void failedStartIsReported() {
    faulty.startThrows.set(true);

    RestoreException lost =
        catchThrowableOfType(
            RestoreException.class, () -> CheckpointCoordinator.global().checkpoint());

    assertThat(lost.getSuppressed())
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("bean 'faulty' did not start again", "the port is taken");
    assertThat(events.list).endsWith("start above");
    assertThat(CheckpointCoordinator.global().lastReport().orElseThrow().outcome())
        .isEqualTo(Outcome.RESTORED_WITH_FAILURES);
  }

  @Test
  @DisplayName("A bean whose port was taken meanwhile is reported with what to do")
  void takenPort() {
    faulty.portIsTaken.set(true);

    RestoreException lost =
        catchThrowableOfType(
            RestoreException.class, () -> CheckpointCoordinator.global().checkpoint());

    assertThat(lost.getSuppressed())
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .endsWith(
            "Port 8080 is already in use. Free the address (ss -ltnp shows who has it), or restore"
                + " with --clone --net");
  }

  @Test
  @DisplayName("The next checkpoint after a refused one is taken")
  void nextOneSucceeds() throws Exception {
    faulty.stopThrows.set(true);
    checkpointIsRefused();
    faulty.stopThrows.set(false);

    CheckpointReport report = CheckpointCoordinator.global().checkpoint();

    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
  }

  private static CheckpointException checkpointIsRefused() {
    return catchThrowableOfType(
        CheckpointException.class, () -> CheckpointCoordinator.global().checkpoint());
  }
}
