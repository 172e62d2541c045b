/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.AuditedResource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.slf4j.LoggerFactory;

/** A coordinator whose checkpoints are rehearsed, and what it does. */
abstract class RehearsalFixture {

  static final Duration LIMIT = Duration.ofSeconds(20);

  final CheckpointCoordinator global = CheckpointCoordinator.global();
  final List<Registration> registrations = new ArrayList<>();
  final List<String> calls = new CopyOnWriteArrayList<>();
  final Logger log = (Logger) LoggerFactory.getLogger("dev.cracadapters.core");
  final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  interface Body {
    void run() throws Exception;
  }

  /** Writes down that it is called, and does what the test says at the n-th time. */
  final class Part implements AuditedResource {

    final String name;
    final int phase;
    int downs;
    int ups;
    int at;
    Body down = () -> {};
    Body up = () -> {};

    Part(String name, int phase) {
      this.name = name;
      this.phase = phase;
      registrations.add(global.register(this));
    }

    Part onDown(int number, Body body) {
      at = number;
      down = body;
      return this;
    }

    Part onUp(int number, Body body) {
      at = number;
      up = body;
      return this;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int phase() {
      return phase;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
      calls.add("down " + name);
      downs++;
      if (at == 0 || downs == at) {
        down.run();
      }
    }

    @Override
    public void beforeAudit() {
      calls.add("audit " + name);
    }

    @Override
    public Optional<String> remedy(Descriptor descriptor) {
      return Optional.empty();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
      calls.add("up " + name);
      ups++;
      if (at == 0 || ups == at) {
        up.run();
      }
    }
  }

  @BeforeEach
  void setUp() {
    rehearse("auto");
    ScriptedEngine.doesRehearsed(
        request -> {
          calls.add("snapshot");
          return new Snapshot(null, null);
        });
    ScriptedEngine.at(step -> calls.add("engine: " + step));
    log.setLevel(Level.INFO);
    logged.start();
    log.addAppender(logged);
  }

  @AfterEach
  void tearDown() {
    registrations.forEach(Registration::close);
    log.detachAppender(logged);
    log.setLevel(Level.OFF);
    ScriptedEngine.at(step -> {});
    ScriptedEngine.does(request -> new Snapshot(null, null));
    global.configureBySystemProperties();
  }

  void rehearse(String setting) {
    global.configure(
        new CoordinatorSettings(
            ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, LIMIT, setting));
  }

  List<Throwable> refused() {
    CheckpointException refusal =
        catchThrowableOfType(CheckpointException.class, global::checkpoint);
    return List.of(refusal.getSuppressed());
  }

  List<String> lines() {
    return logged.list.stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }
}
