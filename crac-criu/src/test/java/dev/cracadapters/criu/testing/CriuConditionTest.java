/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A test that needs CRIU")
class CriuConditionTest {

  @TempDir Path tools;

  private WorkingCriu thatSays(String... lines) throws Exception {
    Path script = tools.resolve("criu");
    Files.write(script, List.of("#!/bin/sh", String.join("\n", lines)));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return WorkingCriu.ask(tools);
  }

  @Test
  @DisplayName("is run where there is one")
  void works() throws Exception {
    WorkingCriu criu = thatSays("echo 'bringing it' >&2; echo /opt/criu");
    assertThat(criu.path()).isEqualTo(Path.of("/opt/criu"));
    assertThat(CriuCondition.condition(criu, false).isDisabled()).isFalse();
    assertThatCode(() -> CriuCondition.demand(criu, true)).doesNotThrowAnyException();
  }

  @Test
  @DisplayName("is skipped with the reason where there is none")
  void skipped() throws Exception {
    WorkingCriu criu = thatSays("echo 'not on this kernel' >&2; exit 1");
    ConditionEvaluationResult result = CriuCondition.condition(criu, false);
    assertThat(result.isDisabled()).isTrue();
    assertThat(result.getReason()).contains("CRIU cannot run here: not on this kernel");
    assertThatCode(() -> CriuCondition.demand(criu, false)).doesNotThrowAnyException();
  }

  @Test
  @DisplayName("fails with the reason where there is none but it is required")
  void required() throws Exception {
    WorkingCriu criu = thatSays("echo 'not on this kernel' >&2; exit 1");
    assertThat(CriuCondition.condition(criu, true).isDisabled()).isFalse();
    assertThatThrownBy(() -> CriuCondition.demand(criu, true))
        .isInstanceOf(AssertionError.class)
        .hasMessage("CRAC_REQUIRE_CRIU is true, but CRIU cannot run here: not on this kernel");
  }

  @Test
  @DisplayName("is skipped where there is not even a script to ask")
  void noScript() {
    assertThat(CriuCondition.condition(WorkingCriu.ask(tools), false).getReason().orElseThrow())
        .contains(tools.resolve("criu") + " cannot be run");
  }
}
