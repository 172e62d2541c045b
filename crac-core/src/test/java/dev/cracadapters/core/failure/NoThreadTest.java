/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.crac.RestoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("Where no thread can be started any more")
class NoThreadTest {

  @TempDir private Path folder;

  /** Runs out of threads before the checkpoint, or on its way down. */
  static final class Program {

    private static final CountDownLatch NEVER = new CountDownLatch(1);

    public static void main(String[] arguments) {
      CheckpointCoordinator coordinator = CheckpointCoordinator.global();
      coordinator.register(new Part());
      Existing existing = new Existing();
      Core.getGlobalContext().register(existing);
      if (!Boolean.getBoolean("on.the.way")) {
        takeAllThreads();
      }
      try {
        coordinator.checkpoint();
      } catch (CheckpointException | RestoreException e) {
        for (Throwable failure : e.getSuppressed()) {
          System.out.println("failed: " + failure.getClass().getName());
        }
      }
      System.out.println("outcome " + coordinator.lastReport().orElseThrow().outcome());
      System.out.println("under way " + coordinator.isUnderWay());
      Runtime.getRuntime().halt(0);
    }

    private static void takeAllThreads() {
      try {
        while (true) {
          Thread thread = new Thread(Program::waitForEver);
          thread.setDaemon(true);
          thread.start();
        }
      } catch (OutOfMemoryError e) {
        System.out.println("no thread any more");
      }
    }

    private static void waitForEver() {
      try {
        NEVER.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static final class Part implements PhasedResource {

    @Override
    public String name() {
      return "part";
    }

    @Override
    public int phase() {
      return 1;
    }

    @Override
    public boolean callersWait() {
      return Boolean.getBoolean("callers.wait");
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      System.out.println("down part");
      Program.takeAllThreads();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      System.out.println("up part");
    }
  }

  private static final class Existing implements Resource {

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      System.out.println("down existing");
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      System.out.println("up existing");
    }
  }

  private List<String> run(String... options) throws Exception {
    // Few and large, or it takes thousands.
    List<String> limited = List.of("sh", "-c", "ulimit -v 8000000; exec \"$@\"", "sh");
    String[] all = new String[options.length + 5];
    System.arraycopy(
        new String[] {
          "-Xss256m",
          "-Xmx64m",
          "-XX:ReservedCodeCacheSize=32m",
          "-Dcrac.engine=pause",
          "-XX:CompressedClassSpaceSize=32m"
        },
        0,
        all,
        0,
        5);
    System.arraycopy(options, 0, all, 5, options.length);
    return JavaProcess.run(
            folder,
            JavaProcess.of(Program.class, JavaProcess.classPathWithout("logback"), limited, all))
        .lines()
        .filter(line -> line.matches("(no thread|down|up|failed|outcome|under way).*"))
        .toList();
  }

  @Test
  @DisplayName("the checkpoint is refused with that error, and all is brought back")
  void before() throws Exception {
    assertThat(run())
        .containsExactly(
            "no thread any more",
            "up part",
            "up existing",
            "failed: java.lang.OutOfMemoryError",
            "failed: java.lang.OutOfMemoryError",
            "outcome REFUSED",
            "under way false");
  }

  @ParameterizedTest(name = "those whose callers wait: {0}")
  @ValueSource(booleans = {false, true})
  @DisplayName("on the way up the resources are brought back on the caller's thread")
  void onTheWay(boolean callersWait) throws Exception {
    assertThat(run("-Don.the.way=true", "-Dcallers.wait=" + callersWait))
        .containsExactly(
            "down existing",
            "down part",
            "no thread any more",
            "up part",
            "up existing",
            "outcome RESTORED",
            "under way false");
  }
}
