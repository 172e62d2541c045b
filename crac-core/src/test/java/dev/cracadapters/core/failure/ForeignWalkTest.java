/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.foreign.Core;
import java.nio.file.Path;
import java.util.List;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Where the JDK has a CRaC of its own")
class ForeignWalkTest {

  @TempDir private Path folder;

  /** Is taken down and up by an implementation that is not ours, as by a CRaC JDK. */
  static final class Program {

    private static final CheckpointCoordinator COORDINATOR = CheckpointCoordinator.global();

    public static void main(String[] arguments) {
      COORDINATOR.register(new Throwing("first", 2, false));
      COORDINATOR.register(new Throwing("second", 1, Boolean.getBoolean("down")));
      call("down", () -> Core.getGlobalContext().beforeCheckpoint());
      call("up", () -> Core.getGlobalContext().afterRestore());
      System.out.println("under way " + COORDINATOR.isUnderWay() + WalkThreads.isCurrent());
      System.out.println(COORDINATOR.lastReport().orElseThrow().outcome());
    }

    private interface Body {
      void run() throws Exception;
    }

    private static void call(String what, Body body) {
      try {
        body.run();
      } catch (Exception e) {
        Throwable cause = e.getSuppressed().length > 0 ? e.getSuppressed()[0] : e;
        System.out.println(what + " failed: " + cause);
      }
    }
  }

  private record Throwing(String name, int phase, boolean throwsDown) implements PhasedResource {

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      System.out.println("down " + name);
      if (throwsDown) {
        throw new OutOfMemoryError("down");
      }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      System.out.println("up " + name);
      if (!throwsDown && phase == 1) {
        throw new OutOfMemoryError("up");
      }
    }
  }

  private List<String> run(String... options) throws Exception {
    return JavaProcess.run(
            folder,
            JavaProcess.of(
                Program.class,
                JavaProcess.classPathWithout("logback"),
                List.of(),
                "-Dorg.crac.Core.Compat=dev.cracadapters.core.foreign",
                "-Ddown=" + List.of(options).contains("down")))
        .lines()
        .filter(line -> !line.startsWith("SLF4J"))
        .toList();
  }

  @Test
  @DisplayName("an error on the way down is a refusal, with its line, and the walk has an end")
  void down() throws Exception {
    assertThat(run("down"))
        .contains("down first", "down second", "up second", "up first")
        .contains(
            "Checkpoint refused; the application goes on. java.lang.OutOfMemoryError: down",
            "under way falsefalse",
            "REFUSED");
  }

  @Test
  @DisplayName("an error on the way up is told, and the walk has an end")
  void up() throws Exception {
    assertThat(run("up"))
        .contains("down first", "down second", "up second", "up second", "up first")
        .contains(
            "Not everything came back. java.lang.OutOfMemoryError: up",
            "under way falsefalse",
            "RESTORED_WITH_FAILURES");
  }
}
