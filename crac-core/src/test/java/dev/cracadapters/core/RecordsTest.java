/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.CheckpointReport.OpenDescriptor;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.engine.CheckpointRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What is told of a checkpoint cannot be changed")
class RecordsTest {

  @Test
  @DisplayName("in a report, neither through its lists nor through those it was made of")
  void report() {
    List<ResourceWalk> resources = new ArrayList<>(List.of(new ResourceWalk("a", "WORK", 1, 2)));
    List<OpenDescriptor> descriptors =
        new ArrayList<>(List.of(new OpenDescriptor(7, "/x", "let pass")));
    List<String> failures = new ArrayList<>(List.of("why"));
    CheckpointReport report =
        new CheckpointReport(
            Outcome.REFUSED,
            "pause",
            Instant.EPOCH,
            Instant.EPOCH,
            1,
            2,
            3,
            resources,
            descriptors,
            null,
            null,
            failures);

    resources.clear();
    descriptors.clear();
    failures.clear();

    assertThat(report.resources()).hasSize(1);
    assertThat(report.descriptors()).hasSize(1);
    assertThat(report.failures()).containsExactly("why");
    assertUnmodifiable(report.resources());
    assertUnmodifiable(report.descriptors());
    assertUnmodifiable(report.failures());
  }

  @Test
  @DisplayName("in a restore's information")
  void restoreInfo() {
    Map<String, String> environment = new HashMap<>(Map.of("PORT", "80"));
    Map<String, String> properties = new HashMap<>(Map.of("port", "81"));
    List<String> arguments = new ArrayList<>(List.of("--x"));
    RestoreInfo info = new RestoreInfo(Instant.EPOCH, "1", environment, properties, arguments);

    environment.clear();
    properties.clear();
    arguments.clear();

    assertThat(info.environment()).containsExactly(Map.entry("PORT", "80"));
    assertThat(info.systemProperties()).containsExactly(Map.entry("port", "81"));
    assertThat(info.arguments()).containsExactly("--x");
    assertUnmodifiable(info.arguments());
    assertThatThrownBy(() -> info.environment().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> info.systemProperties().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  @DisplayName("in the request to an engine")
  void request() {
    List<String> resources = new ArrayList<>(List.of("a"));
    CheckpointRequest request =
        new CheckpointRequest(Path.of("/x"), resources, resources, List.of(), 0, false);

    resources.clear();

    assertThat(request.resources()).containsExactly("a");
    assertUnmodifiable(request.descriptors());
  }

  @Test
  @DisplayName("and the latest restore is the one that was told last")
  void latest() {
    RestoreInfo first = new RestoreInfo(Instant.EPOCH, "1", Map.of(), Map.of(), List.of());
    RestoreInfo second = new RestoreInfo(Instant.EPOCH, "2", Map.of(), Map.of(), List.of());

    RestoreInfo.publish(first);
    RestoreInfo.publish(second);

    assertThat(RestoreInfo.latest()).containsSame(second);
  }

  private static void assertUnmodifiable(List<?> list) {
    assertThatThrownBy(() -> list.remove(0)).isInstanceOf(UnsupportedOperationException.class);
  }
}
