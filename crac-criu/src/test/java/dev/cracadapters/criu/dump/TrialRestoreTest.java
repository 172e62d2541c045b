/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.audit.CoveredDescriptor;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import dev.cracadapters.core.audit.PolicyAction;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.CriuSettings.Mapping;
import dev.cracadapters.criu.CriuSettings.Verification;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The dump script")
class TrialRestoreTest {

  private static Map<String, String> values(
      Verification verification, boolean leaveRunning, Descriptor... kept) {
    List<CoveredDescriptor> covered =
        Arrays.stream(kept).map(one -> new CoveredDescriptor(one, PolicyAction.REOPEN)).toList();
    Duration limit = Duration.ofSeconds(7);
    return TrialRestore.values(
        new CheckpointRequest(null, List.of(), List.of(), covered, 0, leaveRunning),
        new CriuSettings("criu", limit, limit, true, Mapping.OFF, verification));
  }

  private static Descriptor descriptor(Kind kind, String target) {
    return new Descriptor(9, kind, target, true, null, null, List.of());
  }

  @ParameterizedTest
  @CsvSource({
    "OFF, false, off",
    "OFF, true, off",
    "AUTO, false, auto",
    "AUTO, true, off",
    "RESTORE, false, restore",
    "RESTORE, true, restore"
  })
  @DisplayName("tries images by itself where the process ends, and always where it is asked to")
  void verify(Verification verification, boolean leaveRunning, String expected) {
    assertThat(values(verification, leaveRunning))
        .containsEntry("verify", expected)
        .containsEntry("untried", "")
        .containsEntry("restore_seconds", "7");
  }

  @Test
  @DisplayName("does not try what CRIU would take from the process: Unix sockets and named pipes")
  void shared() {
    assertThat(values(Verification.AUTO, false, descriptor(Kind.UNIX_SOCKET, "/run/socket")))
        .containsEntry("untried", "a policy keeps /run/socket, which only one process can have");
    assertThat(values(Verification.AUTO, false, descriptor(Kind.PIPE, "/run/fifo")))
        .containsEntry("untried", "a policy keeps /run/fifo, which only one process can have");
    assertThat(values(Verification.AUTO, false, descriptor(Kind.PIPE, "pipe:[17]")))
        .containsEntry("untried", "");
    assertThat(values(Verification.AUTO, false, descriptor(Kind.FILE, "/var/log/x")))
        .containsEntry("untried", "");
  }
}
