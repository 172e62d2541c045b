/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointMXBean;
import dev.cracadapters.core.CheckpointSignal;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.JMX;
import javax.management.ObjectName;
import org.crac.CheckpointException;
import org.crac.Core;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A refusal is one WARN, however the checkpoint was asked for,")
class RefusalLogTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String LINE =
      "Checkpoint refused; the application goes on. criu: it is not installed. install it";
  private static final String SECOND =
      "Checkpoint refused; the application goes on. checkpoint: another one is under way."
          + " wait until its report is there";

  @TempDir private Path folder;

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final Logger log = (Logger) org.slf4j.LoggerFactory.getLogger("dev.cracadapters.core");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  /** The ways in that crac-core has. */
  enum Way {
    COORDINATOR {
      @Override
      void ask() throws Exception {
        CheckpointCoordinator.global().checkpoint();
      }
    },
    ORG_CRAC {
      @Override
      void ask() throws Exception {
        Core.checkpointRestore();
      }
    },
    JMX_ATTRIBUTE {
      @Override
      void ask() throws Exception {
        bean().checkpointRestore();
      }
    },
    JMX_REPORT {
      @Override
      void ask() throws Exception {
        bean().checkpoint("", false);
      }
    },
    SIGNAL {
      @Override
      void ask() throws Exception {
        Class<?> signal = Class.forName("sun.misc.Signal");
        signal
            .getMethod("raise", signal)
            .invoke(null, signal.getConstructor(String.class).newInstance("USR1"));
      }
    };

    abstract void ask() throws Exception;

    private static CheckpointMXBean bean() throws Exception {
      return JMX.newMXBeanProxy(
          ManagementFactory.getPlatformMBeanServer(),
          new ObjectName(CheckpointMXBean.NAME),
          CheckpointMXBean.class);
    }
  }

  private void ask(Way way) throws Exception {
    try {
      way.ask();
    } catch (CheckpointException | RestoreException | IllegalStateException e) {
      assertThat(e.getMessage() + List.of(e.getSuppressed())).contains(": ");
    }
  }

  @BeforeEach
  void listen() {
    global.configure(
        new CoordinatorSettings(ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, LIMIT));
    log.setLevel(Level.WARN);
    log.setAdditive(false);
    logged.start();
    log.addAppender(logged);
  }

  @AfterEach
  void stopListening() {
    log.detachAppender(logged);
    log.setAdditive(true);
    log.setLevel(Level.OFF);
    ScriptedEngine.does(request -> new Snapshot(null, null));
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  private List<String> lines() {
    synchronized (logged) {
      return List.copyOf(logged.list).stream()
          .map(event -> event.getLevel() + " " + event.getFormattedMessage())
          .toList();
    }
  }

  /** Until there is no thread of a signal any more, which could log a second line. */
  private static void awaitSignal() {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("crac-checkpoint")));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  @DisplayName("before anything is stopped")
  void beforeTheWalk(Way way) throws Exception {
    ScriptedEngine.isUnavailable(new RefusedException("criu", "it is not installed", "install it"));
    Registration signal = CheckpointSignal.install("USR1");
    try {
      ask(way);
      await().atMost(LIMIT).until(() -> !lines().isEmpty());
      awaitSignal();
    } finally {
      signal.close();
    }
    assertThat(lines()).containsExactly("WARN " + LINE);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  @DisplayName("while another checkpoint is under way")
  void second(Way way) throws Exception {
    CountDownLatch taking = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    ScriptedEngine.does(
        request -> {
          taking.countDown();
          goOn.await();
          return new Snapshot(null, null);
        });
    Thread first =
        new Thread(
            () -> {
              try {
                ask(Way.ORG_CRAC);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    Registration signal = CheckpointSignal.install("USR1");
    try {
      first.start();
      assertThat(taking.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(() -> "" + lines()).isTrue();
      ask(way);
      await().atMost(LIMIT).until(() -> !lines().isEmpty());
      awaitSignal();
    } finally {
      goOn.countDown();
      signal.close();
      first.join();
    }
    assertThat(lines()).containsExactly("WARN " + SECOND);
  }

  /** Refuses two checkpoints, one before and one after the walk. */
  static final class WithoutProvider {
    public static void main(String[] arguments) throws Exception {
      for (String engine : List.of("criu", "pause")) {
        CheckpointCoordinator.global()
            .configure(
                new CoordinatorSettings(
                    engine,
                    null,
                    AuditMode.LENIENT,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(20)));
        if (engine.equals("pause")) {
          Thread.currentThread().interrupt();
        }
        try {
          CheckpointCoordinator.global().checkpoint();
        } catch (CheckpointException e) {
          Thread.interrupted();
        }
      }
    }
  }

  @Test
  @DisplayName("and goes to standard error where SLF4J has no provider, alone")
  void withoutProvider() throws Exception {
    String output =
        JavaProcess.run(
            folder,
            JavaProcess.of(
                WithoutProvider.class, JavaProcess.classPathWithout("logback"), List.of()));

    assertThat(output.lines().filter(line -> !line.startsWith("SLF4J")))
        .containsExactly(
            "Checkpoint refused; the application goes on. engine criu: there is none of this name on"
                + " the class path (there are: pause, scripted). add the dependency"
                + " dev.cracadapters:crac-criu",
            "Checkpoint refused; the application goes on. checkpoint: the thread that takes it was"
                + " interrupted. ask for it again");
  }

  @Test
  @DisplayName("and where an image was asked for, and nothing can write one")
  void imageWithoutEngine() throws Exception {
    Path image = folder.resolve("image");
    global.configure(new CoordinatorSettings("auto", image, AuditMode.LENIENT, LIMIT, LIMIT));

    ask(Way.ORG_CRAC);

    assertThat(lines())
        .containsExactly(
            "WARN Checkpoint refused; the application goes on. image "
                + image
                + ": it was asked for, and no engine on the class path writes one: there is only the"
                + " pause. add the dependency dev.cracadapters:crac-criu, or set crac.engine=pause to"
                + " go down and up without an image");
  }
}
