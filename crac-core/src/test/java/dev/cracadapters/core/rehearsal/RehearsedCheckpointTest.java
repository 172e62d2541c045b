/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.cracadapters.core.AuditedResource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointMXBean;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Image;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.Registration;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.support.RestoreWatch;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.management.JMX;
import javax.management.ObjectName;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@DisplayName("A checkpoint that is rehearsed")
class RehearsedCheckpointTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final CheckpointCoordinator global = CheckpointCoordinator.global();
  private final List<Registration> registrations = new ArrayList<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final Logger log = (Logger) LoggerFactory.getLogger("dev.cracadapters.core");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  private interface Body {
    void run() throws Exception;
  }

  /** Writes down that it is called, and does what the test says at the n-th time. */
  private final class Part implements AuditedResource {

    private final String name;
    private final int phase;
    private int downs;
    private int ups;
    private int at;
    private Body down = () -> {};
    private Body up = () -> {};

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

  private void rehearse(String setting) {
    global.configure(
        new CoordinatorSettings(
            ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, LIMIT, setting));
  }

  private List<Throwable> refused() {
    CheckpointException refusal =
        catchThrowableOfType(CheckpointException.class, global::checkpoint);
    return List.of(refusal.getSuppressed());
  }

  private List<String> lines() {
    return logged.list.stream()
        .map(event -> event.getLevel() + " " + event.getFormattedMessage())
        .toList();
  }

  @Test
  @DisplayName("walks down, audits, and comes up, before it goes down for its snapshot")
  void order() throws Exception {
    rehearse("2");
    new Part("low", 1);
    new Part("high", 2);

    CheckpointReport report = global.checkpoint();

    List<String> down = List.of("down high", "down low", "audit high", "audit low");
    List<String> up = List.of("up low", "up high");
    List<String> expected = new ArrayList<>(List.of("engine: unavailable"));
    for (int i = 0; i < 2; i++) {
      expected.addAll(down);
      expected.add("engine: rehearse");
      expected.addAll(up);
    }
    expected.addAll(down);
    expected.add("snapshot");
    expected.addAll(up);
    expected.add("engine: backUp");
    assertThat(calls).containsExactlyElementsOf(expected);
    assertThat(report.rehearsals()).hasSize(2);
    assertThat(report.resources())
        .extracting(CheckpointReport.ResourceWalk::name)
        .containsExactly("high", "low");
  }

  @Test
  @DisplayName("is, by auto, rehearsed until the walk up gets no faster, and says what each took")
  void untilNoFaster() throws Exception {
    List<Long> times = List.of(400L, 100L, 100L);
    List<Long> left = new ArrayList<>(times);
    new Part("slow at first", 1).onUp(0, () -> Thread.sleep(left.isEmpty() ? 0 : left.remove(0)));

    CheckpointReport report = global.checkpoint();

    assertThat(report.rehearsals()).hasSizeBetween(2, 5);
    for (int i = 0; i < 2; i++) {
      assertThat(report.rehearsals().get(i).upMillis()).isGreaterThanOrEqualTo(times.get(i));
    }
    String each =
        String.join(
            ", ", report.rehearsals().stream().map(one -> Long.toString(one.upMillis())).toList());
    assertThat(lines())
        .contains("INFO Rehearsed %d times: up %s ms".formatted(report.rehearsals().size(), each))
        .last()
        .asString()
        .startsWith("INFO Back in service: scripted engine, down ")
        .contains(" ms (rehearsed %d times: up %s ms)".formatted(report.rehearsals().size(), each));
    CheckpointMXBean bean =
        JMX.newMXBeanProxy(
            ManagementFactory.getPlatformMBeanServer(),
            new ObjectName(CheckpointMXBean.NAME),
            CheckpointMXBean.class);
    assertThat(bean.getLastReport())
        .containsEntry("rehearsalUpMillis", each)
        .containsKey("rehearsalDownMillis");
  }

  @Test
  @DisplayName("is not, by auto, where the process goes on, and always where a number says so")
  void leaveRunning() throws Exception {
    new Part("a", 1);
    CheckpointOptions leaveRunning = new CheckpointOptions(null, true);
    ScriptedEngine.doesRehearsed(
        request -> new Snapshot(new Image(Path.of("/images/1"), 1, List.of()), null));

    assertThat(global.checkpoint(leaveRunning).rehearsals()).isEmpty();
    rehearse("1");
    assertThat(global.checkpoint(leaveRunning).rehearsals()).hasSize(1);
    rehearse("off");
    assertThat(global.checkpoint().rehearsals()).isEmpty();
    rehearse("auto");
    ScriptedEngine.does(request -> new Snapshot(null, null));
    assertThat(global.checkpoint().rehearsals()).isEmpty();
  }

  @Test
  @DisplayName("shows a resource a restore in its rehearsals, of which nothing is left")
  void restoredPaths() throws Exception {
    rehearse("1");
    Optional<RestoreInfo> before = RestoreInfo.latest();
    Optional<CheckpointReport> reportBefore = global.lastReport();
    List<RestoreWatch> watches = new ArrayList<>();
    List<String> seen = new ArrayList<>();
    RestoreInfo info = new RestoreInfo(Instant.now(), "clone", Map.of(), Map.of(), List.of());
    Runnable look =
        () -> {
          RestoreWatch watch = watches.get(watches.size() - 1);
          seen.add(
              "restored %s, rehearsal %s, instance %s, latest as before %s, report as before %s"
                  .formatted(
                      watch.isRestored(),
                      watch.isRehearsal(),
                      watch.restore().map(RestoreInfo::instanceId).orElse("none"),
                      RestoreInfo.latest().equals(before),
                      global.lastReport().equals(reportBefore)));
        };
    ScriptedEngine.doesRehearsed(
        request -> {
          look.run();
          return new Snapshot(null, info);
        });
    new Part("a", 1)
        .onDown(
            0,
            () -> {
              watches.add(RestoreWatch.begin());
              look.run();
            })
        .onUp(0, look::run);

    global.checkpoint();

    assertThat(seen)
        .containsExactly(
            "restored false, rehearsal false, instance none, latest as before true, report as before true",
            "restored true, rehearsal true, instance none, latest as before true, report as before true",
            "restored false, rehearsal false, instance none, latest as before true, report as before true",
            "restored false, rehearsal false, instance none, latest as before true, report as before true",
            "restored true, rehearsal false, instance clone, latest as before false, report as before true");
    assertThat(watches).noneMatch(RestoreWatch::isRehearsal);
    assertThat(lines()).filteredOn(line -> line.contains("Back in service")).hasSize(1);
  }

  @Test
  @DisplayName(
      "is refused where its second rehearsal fails on the way down, and stops nothing more")
  void failureOnTheWayDown() {
    rehearse("3");
    IOException failure = new IOException("broken");
    new Part("low", 1);
    new Part("high", 2)
        .onDown(
            2,
            () -> {
              throw failure;
            });

    assertThat(refused()).containsExactly(failure);

    assertThat(calls)
        .doesNotContain("snapshot")
        .endsWith("down high", "down low", "up low", "up high", "engine: backUp");
    assertThat(calls.stream().filter("down high"::equals)).hasSize(2);
    CheckpointReport report = global.lastReport().orElseThrow();
    assertThat(report.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(report.rehearsals()).hasSize(1);
    assertThat(report.failures()).containsExactly("java.io.IOException: broken");
    assertThat(lines())
        .hasSize(2)
        .last()
        .isEqualTo("WARN Checkpoint refused; the application goes on. java.io.IOException: broken");
  }

  @Test
  @DisplayName("is refused where something does not come up from a rehearsal")
  void failureOnTheWayUp() {
    rehearse("3");
    Error failure = new NoClassDefFoundError("com/example/Gone");
    new Part("a", 1)
        .onUp(
            1,
            () -> {
              throw failure;
            });

    assertThat(refused()).containsExactly(failure);

    // It is called once more at once, as in every walk.
    assertThat(calls)
        .containsExactly(
            "engine: unavailable",
            "down a",
            "audit a",
            "engine: rehearse",
            "up a",
            "up a",
            "engine: backUp");
    assertThat(global.lastReport().orElseThrow().rehearsals()).isEmpty();
    assertThat(global.isUnderWay()).isFalse();
  }

  @Test
  @DisplayName(
      "is refused in its first rehearsal for a descriptor, and closes none by a policy yet")
  void descriptor(@TempDir Path folder) throws Exception {
    rehearse("3");
    new Part("a", 1);
    try (OutputStream open = Files.newOutputStream(folder.resolve("log"))) {
      open.write(1);
      assertThat(refused())
          .singleElement()
          .isInstanceOf(RefusedException.class)
          .asString()
          .contains("log");
    }
    assertThat(calls)
        .containsExactly("engine: unavailable", "down a", "audit a", "up a", "engine: backUp");

    calls.clear();
    Path file = folder.resolve("closed");
    Path policies =
        Files.writeString(
            folder.resolve("policies"), "type: file\npath: " + file + "\naction: close\n");
    System.setProperty("crac.resource-policies", policies.toString());
    rehearse("1");
    List<Boolean> written = new ArrayList<>();
    try (OutputStream open = Files.newOutputStream(file)) {
      new Part("writes", 2)
          .onUp(
              0,
              () -> {
                try {
                  open.write(1);
                  written.add(true);
                } catch (IOException e) {
                  written.add(false);
                }
              });
      global.checkpoint();
    } finally {
      System.clearProperty("crac.resource-policies");
    }
    assertThat(written).containsExactly(true, false);
    assertThat(lines()).filteredOn(line -> line.contains("was not closed")).hasSize(1);
  }

  @Test
  @DisplayName("is refused by an interrupt in a rehearsal, which its thread still has afterwards")
  void interrupt() {
    rehearse("3");
    Thread taking = Thread.currentThread();
    new Part("a", 1).onUp(1, taking::interrupt);

    List<Throwable> failures = refused();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(failures)
        .singleElement()
        .asString()
        .contains("the thread that takes it was interrupted");
    assertThat(calls)
        .containsExactly(
            "engine: unavailable",
            "down a",
            "audit a",
            "engine: rehearse",
            "up a",
            "engine: backUp");
  }

  @Test
  @DisplayName("is refused where a rehearsal passes a deadline")
  void deadline() {
    global.configure(
        new CoordinatorSettings(
            ScriptedEngine.NAME, null, AuditMode.LENIENT, LIMIT, Duration.ofMillis(500), "1"));
    new Part("a", 1).onDown(1, () -> new CountDownLatch(1).await());

    assertThat(refused())
        .singleElement()
        .asString()
        .contains("a: it did not stop within 500 ms", "Raise resource-timeout");
    assertThat(calls).containsExactly("engine: unavailable", "down a", "up a", "engine: backUp");
  }

  @Test
  @DisplayName("stops what was registered in a rehearsal, too")
  void registeredMeanwhile() throws Exception {
    rehearse("1");
    new Part("a", 1).onUp(1, () -> new Part("late", 2));

    CheckpointReport report = global.checkpoint();

    assertThat(report.resources())
        .extracting(CheckpointReport.ResourceWalk::name)
        .containsExactly("late", "a");
    assertThat(calls).containsOnlyOnce("down late").containsOnlyOnce("up late");
  }

  @Test
  @DisplayName("serves in between: whatever else is asked for then is refused as one under way")
  void secondCheckpoint() throws Exception {
    rehearse("1");
    List<Boolean> underWay = new ArrayList<>();
    new Part("a", 1).onUp(0, () -> underWay.add(global.isUnderWay()));

    global.checkpoint();

    assertThat(underWay).containsExactly(true, true);
    assertThat(global.isUnderWay()).isFalse();
  }
}
