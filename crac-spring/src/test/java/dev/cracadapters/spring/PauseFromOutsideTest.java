/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.spring.fixture.Contexts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

@DisplayName("A pause for something outside, set by Spring's properties")
class PauseFromOutsideTest {

  @TempDir Path folder;

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @Test
  @DisplayName("writes the ready file and goes on by the go file, also with engine auto")
  void external() throws Exception {
    Path ready = folder.resolve("ready");
    Path go = folder.resolve("go");
    try (ConfigurableApplicationContext context =
        Contexts.startPlain(
            Nothing.class,
            "--spring.crac.enabled=true",
            "--spring.crac.pause.mode=external",
            "--spring.crac.pause.ready-file=" + ready,
            "--spring.crac.pause.go-file=" + go,
            "--spring.crac.pause.signal=WINCH",
            "--spring.crac.pause.hold-threads=false", // those of the test
            "--spring.crac.pause.timeout=40s")) {
      assertThat(context.isRunning()).isTrue();
      FutureTask<CheckpointReport> walk =
          new FutureTask<>(() -> CheckpointCoordinator.global().checkpoint());
      new Thread(walk).start();
      await().atMost(Duration.ofSeconds(20)).until(() -> walk.isDone() || Files.exists(ready));
      if (walk.isDone()) {
        walk.get();
      }
      assertThat(Files.readString(ready)).contains("signal=WINCH", "timeout=40000 ms");
      Path whole = Files.writeString(folder.resolve("whole"), "CRAC_INSTANCE_ID=pod-3");
      Files.move(whole, go, StandardCopyOption.ATOMIC_MOVE);
      CheckpointReport report = walk.get(20, TimeUnit.SECONDS);
      assertThat(report.engine()).isEqualTo("pause");
      assertThat(report.instanceId()).isEqualTo("pod-3");
    }
    assertThat(System.getProperties().stringPropertyNames())
        .noneMatch(name -> name.startsWith("crac.pause"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--spring.crac.image=unused", "--spring.crac.pause.timeout=1s"})
  @DisplayName(
      "is spring.crac.pause.mode: the system property's short form is refused, not ignored")
  void shortForm(String other) {
    assertThatThrownBy(
            () -> Contexts.start(Nothing.class, "--spring.crac.pause=external", other).close())
        .hasStackTraceContaining("spring.crac.pause.mode");
  }
}
