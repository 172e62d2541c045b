/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import java.nio.file.Path;
import java.util.List;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A system property that cannot be read")
class UnreadableSettingsTest {

  private static final String NONE =
      "No checkpoint can be taken in this process; the application goes on. ";
  private static final String REFUSED = "Checkpoint refused; the application goes on. settings: ";
  private static final String REMEDY = ". correct that, and start the process again";

  @TempDir private Path folder;

  private static void ask() throws Exception {
    try {
      Core.checkpointRestore();
      System.out.println("taken");
    } catch (CheckpointException e) {
      System.out.println(e.getSuppressed().length + " reason");
    }
  }

  /** Uses org.crac alone, twice. */
  static final class OrgCracAlone {
    public static void main(String[] arguments) throws Exception {
      Resource resource =
          new Resource() {
            @Override
            public void beforeCheckpoint(Context<? extends Resource> context) {
              System.out.println("down");
            }

            @Override
            public void afterRestore(Context<? extends Resource> context) {
              System.out.println("up");
            }
          };
      Core.getGlobalContext().register(resource);
      ask();
      Core.getGlobalContext().register(resource);
      System.out.println("serving");
    }
  }

  private List<String> run(Class<?> main, String property) throws Exception {
    return JavaProcess.run(
            folder,
            JavaProcess.of(
                main,
                JavaProcess.classPathWithout("logback"),
                List.of("env", "LC_ALL=C"),
                "-Dorg.crac.Core.Compat=dev.cracadapters.core.crac",
                "-Dcrac.engine=pause",
                property))
        .lines()
        .filter(line -> !line.startsWith("SLF4J"))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "checkpoint-signal=FOO | checkpoint-signal is \"FOO\": Unknown signal: FOO. Take USR1, or USR2",
        "checkpoint-signal=KILL | checkpoint-signal is \"KILL\": Signal already used by VM or OS:"
            + " SIGKILL. Take USR1, or USR2",
        "checkpoint-signal=TERM | checkpoint-signal is \"TERM\": it ends the process, and would no"
            + " longer. Take USR1, or USR2",
        "audit=severe | System property crac.audit is \"severe\", which is not one of lenient, strict",
        "walk-timeout=soon | System property crac.walk-timeout is \"soon\", which is not a duration such"
            + " as 500ms, 10s or PT10S",
        "resource-timeout=0 | resource-timeout is PT0S, and has to be longer than zero",
        "image=/images/\u00fc | System property crac.image is \"/images/??\", which is not a path here:"
            + " Malformed input or input contains unmappable characters",
      })
  @DisplayName(
      "ends nothing where org.crac is used alone: one line says it, and checkpoints are refused")
  void orgCracAlone(String property, String reason) throws Exception {
    // On the way down crac-core's coordinator is initialized, whose settings are not org.crac's.
    assertThat(run(OrgCracAlone.class, "-Dcrac." + property))
        .containsExactly(NONE + reason, REFUSED + reason + REMEDY, "1 reason", "serving");
  }

  @Test
  @DisplayName("and is read at a checkpoint refuses that one before anything stops")
  void atTheCheckpoint() throws Exception {
    assertThat(run(OrgCracAlone.class, "-Dcrac.leave-running=maybe"))
        .containsExactly(
            REFUSED
                + "System property crac.leave-running is \"maybe\", which is not true or false"
                + REMEDY,
            "1 reason",
            "serving");
  }

  /** Replaces the settings, as Spring's do. */
  static final class Configured {
    public static void main(String[] arguments) throws Exception {
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      ask();
      System.clearProperty("crac.audit");
      coordinator.configure(CoordinatorSettings.fromSystemProperties());
      ask();
      System.setProperty("crac.audit", "severe");
      coordinator.configureBySystemProperties();
      ask();
    }
  }

  @Test
  @DisplayName("is no matter any more where other settings have taken its place")
  void replaced() throws Exception {
    String reason = "System property crac.audit is \"severe\", which is not one of lenient, strict";
    assertThat(run(Configured.class, "-Dcrac.audit=severe"))
        .containsExactly(
            NONE + reason,
            REFUSED + reason + REMEDY,
            "1 reason",
            "taken",
            NONE + reason,
            REFUSED + reason + REMEDY,
            "1 reason");
  }
}
