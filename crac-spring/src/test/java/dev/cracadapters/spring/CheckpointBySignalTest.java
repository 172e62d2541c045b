/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.spring.fixture.ServiceProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class CheckpointBySignalTest {

  @TempDir private Path folder;

  @Test
  @DisplayName(
      "With spring.crac.checkpoint-signal a service takes a checkpoint when the signal comes")
  void signal() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.start();
        ServiceProcess service =
            new ServiceProcess(
                folder,
                List.of(),
                "--spring.crac.enabled=true",
                "--spring.crac.engine=pause",
                "--spring.crac.checkpoint-signal=USR2",
                "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                "--spring.datasource.username=postgres")) {
      for (int cycle = 1; cycle <= 2; cycle++) {
        String before = service.lastStart();
        service.signal("USR2");
        service.awaitReportAfter(before);
        assertThat(service.<String>report("$.outcome")).as(service::console).isEqualTo("RESTORED");
        assertThat(service.get("/database?number=" + cycle)).isEqualTo("" + cycle);
      }
    }
  }

  /** Sends the signal to its own process in the middle of the start. */
  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Early {

    @Bean
    InitializingBean early() {
      return () -> {
        Class<?> signal = Class.forName("sun.misc.Signal");
        signal
            .getMethod("raise", signal)
            .invoke(null, signal.getConstructor(String.class).newInstance("USR1"));
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () ->
                    Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(
                            thread -> thread.getName().matches("crac-checkpoint|SIGUSR1.*")));
      };
    }
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  @DisplayName("A signal that comes while the application starts is refused in the log")
  void early(CapturedOutput output) {
    SpringApplication application = new SpringApplication(Early.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    try (ConfigurableApplicationContext context =
        application.run(
            "--spring.crac.enabled=true",
            "--spring.crac.engine=pause",
            "--spring.crac.checkpoint-signal=USR1")) {
      assertThat(context.isRunning()).isTrue();
    }
    assertThat(output.getAll())
        .containsOnlyOnce(
            "Checkpoint refused; the application goes on. checkpoint: the application has not"
                + " started yet. send the signal again when it has");
  }
}
