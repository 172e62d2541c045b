/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.cracadapters.core.CheckpointReport.Image;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.JMX;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Checkpoints by JMX")
class CheckpointMBeanTest {

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final List<CheckpointRequest> requests = new ArrayList<>();
  private CheckpointMXBean bean;

  @BeforeEach
  void find() throws Exception {
    global.configure(OwnCoordinator.settings(ScriptedEngine.NAME, Duration.ofSeconds(20)));
    // As a client does that has the interface alone: through the MBean server's open types.
    bean =
        JMX.newMXBeanProxy(
            ManagementFactory.getPlatformMBeanServer(),
            new ObjectName("dev.cracadapters:type=Checkpoint"),
            CheckpointMXBean.class);
  }

  @AfterEach
  void reset() {
    ScriptedEngine.does(request -> new Snapshot(null, null));
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  private void engineReturns(Snapshot snapshot) {
    ScriptedEngine.does(
        request -> {
          requests.add(request);
          return snapshot;
        });
  }

  @Test
  @DisplayName("may name an image folder and leave the process running, for this one alone")
  void options() {
    engineReturns(new Snapshot(new Image(Path.of("/images/2"), 42, List.of()), null));

    assertThat(bean.checkpoint("/images/2", true))
        .containsEntry("outcome", "IMAGED")
        .containsEntry("engine", "scripted")
        .containsEntry("image", "/images/2")
        .containsEntry("bytes", "42")
        .containsKeys("downMillis", "snapshotMillis", "upMillis", "startedAt", "endedAt")
        .doesNotContainKeys("failures", "instanceId");
    bean.checkpoint("", false);

    assertThat(requests).extracting(CheckpointRequest::leaveRunning).containsExactly(true, false);
    assertThat(requests.get(0).image()).isEqualTo(Path.of("/images/2"));
    assertThat(requests.get(1).image()).isNull();
  }

  @Test
  @DisplayName("tell when the process was restored, as org.crac.management does")
  void restored() {
    Instant then = Instant.now().minusSeconds(100);
    engineReturns(new Snapshot(null, new RestoreInfo(then, "one", Map.of(), Map.of(), List.of())));

    bean.checkpointRestore();

    assertThat(bean.isImplemented()).isTrue();
    assertThat(bean.getRestoreTime()).isEqualTo(then.toEpochMilli());
    assertThat(bean.getUptimeSinceRestore()).isBetween(100_000L, 160_000L);
    assertThat(bean.getLastReport())
        .containsEntry("outcome", "RESTORED")
        .containsEntry("instanceId", "one");
    assertThat(bean.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName("tell every reason of a refusal, in classes that every client has")
  void refused() {
    ScriptedEngine.does(
        request -> {
          throw new RefusedException("disk", "it is full", "Make room");
        });

    assertThat(bean.checkpoint("", false))
        .containsOnly(
            Map.entry("outcome", "REFUSED"), Map.entry("failures", "disk: it is full. Make room"));
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(bean::checkpointRestore)
        .withMessage("disk: it is full. Make room");
  }

  @Test
  @DisplayName("know the settings")
  void settings() {
    assertThat(bean.isLeaveRunning()).isFalse();
    assertThat(bean.getImage()).isEmpty();
    CoordinatorSettings settings = CoordinatorSettings.fromSystemProperties();
    global.configure(
        new CoordinatorSettings(
            "pause",
            Path.of("/images/3"),
            settings.audit(),
            settings.walkTimeout(),
            settings.resourceTimeout()));
    assertThat(bean.getImage()).isEqualTo("/images/3");
  }
}
