/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** org.crac looks for its implementation once in a process: these need one of their own. */
@DisplayName("In a fresh process")
class FreshProcessTest {

  @TempDir Path folder;

  private String run(Class<?> main, String... options) throws Exception {
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(output, StandardCharsets.UTF_8);
  }

  /** Uses org.crac before crac-core, as a library in its static initialiser might. */
  static final class OrgCracFirst {
    public static void main(String[] arguments) throws Exception {
      Core.getGlobalContext();
      try {
        Core.checkpointRestore();
        System.out.println("org.crac takes checkpoints");
      } catch (UnsupportedOperationException e) {
        System.out.println("org.crac has no implementation");
      }
      try {
        CheckpointCoordinator.global().checkpoint();
        System.out.println("taken by " + System.getProperty("crac.engine"));
      } catch (CheckpointException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  @DisplayName("a checkpoint is refused with the remedy where org.crac was used before crac-core")
  void orgCracFirst() throws Exception {
    assertThat(run(OrgCracFirst.class, "-Dcrac.engine=pause"))
        .contains("org.crac has no implementation")
        .contains("org.crac: it was used before crac-core could become its implementation")
        .contains("start the JVM with -Dorg.crac.Core.Compat=dev.cracadapters.core.crac");
  }

  @Test
  @DisplayName("that remedy lets the checkpoint be taken")
  void remedy() throws Exception {
    assertThat(
            run(
                OrgCracFirst.class,
                "-Dcrac.engine=pause",
                "-Dorg.crac.Core.Compat=dev.cracadapters.core.crac"))
        .contains("org.crac takes checkpoints")
        .contains("taken by pause");
  }

  /** Calls the coordinator first, as an application without Spring does. */
  static final class CoordinatorFirst {
    public static void main(String[] arguments) throws Exception {
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      System.out.println("information before: " + RestoreInfo.latest().isPresent());
      Core.checkpointRestore();
      System.out.println("engine: " + coordinator.lastReport().orElseThrow().engine());
      System.out.println("information after: " + RestoreInfo.latest().isPresent());
    }
  }

  @Test
  @DisplayName("the first call of the coordinator is enough for org.crac to take checkpoints")
  void coordinatorFirst() throws Exception {
    assertThat(run(CoordinatorFirst.class))
        .contains("information before: false")
        .contains("engine: pause")
        .contains("information after: false");
  }

  /** Is taken down and up by whoever runs the process, as a function by AWS Lambda. */
  static final class ForeignImplementation {
    public static void main(String[] arguments) throws Exception {
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      new OwnWalk("low", 1).register(coordinator);
      new OwnWalk("high", 2).register(coordinator);
      dev.cracadapters.core.foreign.Core.getGlobalContext().beforeCheckpoint();
      System.out.println("snapshot, under way: " + coordinator.isUnderWay());
      dev.cracadapters.core.foreign.Core.getGlobalContext().afterRestore();
      System.out.println("outcome: " + coordinator.lastReport().orElseThrow().outcome());
      try {
        Core.checkpointRestore();
      } catch (CheckpointException e) {
        System.out.println("asked: " + e.getSuppressed()[0].getCause());
      }
    }
  }

  private record OwnWalk(String name, int phase) implements PhasedResource {

    void register(CheckpointCoordinator coordinator) {
      coordinator.register(this);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      System.out.println("down " + name);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      System.out.println("up " + name);
    }
  }

  @Test
  @DisplayName("the walk is part of another implementation's, as that of AWS Lambda is")
  void foreignImplementation() throws Exception {
    String output =
        run(
            ForeignImplementation.class,
            "-Dorg.crac.Core.Compat=dev.cracadapters.core.foreign",
            "-Dcrac.pause=external"); // which has no part in it
    assertThat(output.lines().filter(line -> !line.contains("INFO") && !line.contains("WARN")))
        .containsExactly(
            "down high",
            "down low",
            "snapshot, under way: true",
            "up low",
            "up high",
            "outcome: RESTORED",
            "asked: java.lang.UnsupportedOperationException");
  }

  @Test
  @DisplayName("a mistyped setting stops the coordinator with its property and value")
  void mistyped() throws Exception {
    assertThat(run(CoordinatorFirst.class, "-Dcrac.walk-timeout=soon"))
        .contains("System property crac.walk-timeout is \"soon\", which is not a duration");
  }
}
