/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.spring.fixture.Contexts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

class CheckpointEndpointTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private ConfigurableApplicationContext context;
  private CheckpointEndpoint endpoint;

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @BeforeEach
  void start() {
    context = Contexts.start(Nothing.class);
    endpoint = context.getBean(CheckpointEndpoint.class);
  }

  @AfterEach
  void stop() {
    context.close();
  }

  @Test
  @DisplayName("While a checkpoint is under way another one is answered with 409")
  void secondOneIsRefused() throws Exception {
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    PhasedResource slow =
        new Stopping("slow") {
          @Override
          public void beforeCheckpoint(@Nullable Context<? extends Resource> ignored)
              throws InterruptedException {
            stopping.countDown();
            goOn.await(20, TimeUnit.SECONDS);
          }
        };
    try (Registration registration = CheckpointCoordinator.global().register(slow)) {
      WebEndpointResponse<Map<String, Object>> first = endpoint.checkpoint();
      assertThat(stopping.await(20, TimeUnit.SECONDS)).isTrue();

      WebEndpointResponse<Map<String, Object>> second = endpoint.checkpoint();
      goOn.countDown();
      awaitEnd();

      assertThat(first.getStatus()).isEqualTo(202);
      assertThat(first.getBody()).containsEntry("accepted", true);
      assertThat(second.getStatus()).isEqualTo(409);
      assertThat(second.getBody()).containsEntry("accepted", false);
      assertThat(second.getBody().get("message")).asString().contains("under way");
      assertThat(registration).isNotNull();
    }
  }

  @Test
  @DisplayName("The checkpoint is taken on a thread that keeps the JVM alive")
  void threadIsNoDaemon() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    PhasedResource slow =
        new Stopping("slow") {
          @Override
          public void beforeCheckpoint(@Nullable Context<? extends Resource> ignored)
              throws InterruptedException {
            goOn.await(20, TimeUnit.SECONDS);
          }
        };
    try (Registration registration = CheckpointCoordinator.global().register(slow)) {
      endpoint.checkpoint();

      assertThat(Thread.getAllStackTraces().keySet())
          .filteredOn(thread -> thread.getName().equals("crac-checkpoint"))
          .singleElement()
          .matches(thread -> !thread.isDaemon());
      goOn.countDown();
      awaitEnd();
      assertThat(registration).isNotNull();
    }
  }

  @Test
  @DisplayName("A refused checkpoint can be read with its failures")
  void refusalCanBeRead() {
    PhasedResource refusing =
        new Stopping("refusing") {
          @Override
          public void beforeCheckpoint(@Nullable Context<? extends Resource> ignored)
              throws RefusedException {
            throw new RefusedException("refusing", "it says no", "Ask it later");
          }
        };
    try (Registration registration = CheckpointCoordinator.global().register(refusing)) {
      endpoint.checkpoint();
      awaitEnd();

      assertThat(endpoint.lastReport()).containsEntry("outcome", "REFUSED");
      assertThat(endpoint.lastReport().get("failures"))
          .isEqualTo(List.of("refusing: it says no. Ask it later"));
      assertThat(registration).isNotNull();
    }
  }

  private void awaitEnd() {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("crac-checkpoint")));
  }

  /** A resource that has nothing to start. */
  private abstract static class Stopping implements PhasedResource {

    private final String name;

    Stopping(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int phase() {
      return 0;
    }

    @Override
    public void afterRestore(@Nullable Context<? extends Resource> ignored) {
      // It was not stopped either.
    }
  }
}
