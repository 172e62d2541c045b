/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.crac.RestoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("Whatever is thrown at whichever step of a walk")
class FailureAtEveryStepTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir private Path folder;

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final Faults faults = new Faults();
  private final FaultyResources resources = new FaultyResources(faults);
  private final List<Registration> registrations = new ArrayList<>();
  private final FaultyResources.Existing existing = resources.new Existing();
  private final Logger log = (Logger) org.slf4j.LoggerFactory.getLogger("dev.cracadapters.core");
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        public synchronized void doAppend(ILoggingEvent event) { // the base swallows exceptions
          faults.step("log " + event.getLevel());
        }

        @Override
        protected void append(ILoggingEvent event) {}
      };

  @BeforeEach
  void setUp() {
    global.configure(
        new CoordinatorSettings(ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, LIMIT));
    ScriptedEngine.does(
        request -> {
          faults.step("snapshot");
          return new Snapshot(null, null);
        });
    ScriptedEngine.at(step -> faults.step("engine: " + step));
    log.setLevel(Level.INFO);
    appender.setContext(log.getLoggerContext());
    appender.start();
    log.addAppender(appender);
    log.setAdditive(false);
    resources.ofEachKind().forEach(part -> registrations.add(global.register(part)));
    Core.getGlobalContext().register(existing);
  }

  @AfterEach
  void tearDown() {
    existing.isOver = true;
    registrations.forEach(Registration::close);
    log.detachAppender(appender);
    log.setAdditive(true);
    log.setLevel(Level.OFF);
    ScriptedEngine.at(step -> {});
    ScriptedEngine.does(request -> new Snapshot(null, null));
    global.configure(CoordinatorSettings.fromSystemProperties());
  }

  /** Takes one; what it failed of. */
  private List<Throwable> failures() {
    try {
      Core.checkpointRestore();
      return List.of();
    } catch (CheckpointException | RestoreException e) {
      return Arrays.asList(e.getSuppressed());
    }
  }

  private void failsAtEachStep(Faults.Kind kind) {
    faults.begin(-1, kind);
    failures();
    List<String> steps = faults.steps();
    for (int number = 0; number < steps.size(); number++) {
      String at = kind + " at step " + number + ", about " + steps.get(number);
      faults.begin(number, kind);
      List<Throwable> failures = failures();
      Throwable thrown = faults.thrown();

      assertThat(thrown).as(at).isNotNull();
      assertThat(resources.all)
          .as(at)
          .allSatisfy(part -> assertThat(part.down).as(part.name).hasValue(0));
      assertThat(existing.isDown).as(at).isFalse();
      assertThat(global.isUnderWay()).as(at).isFalse();
      assertThat(WalkThreads.isCurrent()).as(at).isFalse();
      String step = faults.steps().get(number);
      // A class stands for its name, and who could not listen early does so in its turn.
      if (!step.startsWith("name of") && !step.equals("listen")) {
        assertThat(failures).as(at).contains(thrown);
      }
    }
    faults.begin(-1, kind);
    failures();
    assertThat(faults.steps())
        .as("the next one is as the first")
        .containsExactlyInAnyOrderElementsOf(steps);
  }

  @ParameterizedTest
  @EnumSource(Faults.Kind.class)
  @DisplayName("everything comes up, the caller is told, and the next checkpoint is taken")
  void takenOtherwise(Faults.Kind kind) {
    failsAtEachStep(kind);
    assertThat(global.lastReport().orElseThrow().outcome()).isEqualTo(Outcome.RESTORED);
  }

  @ParameterizedTest
  @EnumSource(Faults.Kind.class)
  @DisplayName("everything comes up also from a checkpoint that the audit refuses")
  void refusedOtherwise(Faults.Kind kind) throws IOException {
    Path file = Files.createFile(folder.resolve("open"));
    try (var open = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      assertThat(open.isOpen()).isTrue();
      failsAtEachStep(kind);
    }
    assertThat(global.lastReport().orElseThrow().outcome()).isEqualTo(Outcome.REFUSED);
  }

  @ParameterizedTest
  @EnumSource(Faults.Kind.class)
  @DisplayName("everything comes up also from a rehearsal, and no snapshot is taken then")
  void rehearsedOtherwise(Faults.Kind kind) {
    global.configure(
        new CoordinatorSettings(ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, LIMIT, "1"));
    failsAtEachStep(kind);

    CheckpointReport report = global.lastReport().orElseThrow();
    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    assertThat(report.rehearsals()).hasSize(1);
    faults.begin("up last", kind); // the rehearsal's, on its way up
    assertThat(failures()).containsExactly(faults.thrown());
    assertThat(faults.steps()).doesNotContain("snapshot").containsOnlyOnce("log WARN");
  }

  /** A failure that cannot say what it is. */
  private static final class Mute extends RuntimeException {

    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  @DisplayName("a failure that cannot even be described is told by its class")
  void mute() {
    Mute mute = new Mute();
    FaultyResources.Part part =
        resources.new Part("mute", 1) {
          @Override
          public void beforeCheckpoint(Context<? extends Resource> context) {
            throw mute;
          }
        };
    registrations.add(global.register(part));

    // Not by AssertJ, which describes what it compares.
    assertThat(failures().get(0) == mute).isTrue();
    assertThat(global.lastReport().orElseThrow().failures()).containsExactly(Mute.class.getName());
    assertThat(global.isUnderWay()).isFalse();
    assertThat(Stream.of("up first", "up last", "up existing"))
        .allSatisfy(step -> assertThat(faults.steps()).contains(step));
  }
}
