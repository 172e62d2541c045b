/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointMXBean;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Image;
import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.engine.ScriptedEngine;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.support.RestoreWatch;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.management.JMX;
import javax.management.ObjectName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A checkpoint that is rehearsed")
class RehearsedCheckpointTest extends RehearsalFixture {

  private static final long FIRST_UP = 20;

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
    new Part("slow at first", 1).onUp(1, () -> passes(FIRST_UP));

    CheckpointReport report = global.checkpoint();

    List<Long> up = report.rehearsals().stream().map(one -> one.upMillis()).toList();
    assertThat(up.get(0)).isGreaterThanOrEqualTo(FIRST_UP);
    assertThat(up).hasSizeBetween(2, 5); // one cannot tell whether it gets faster
    for (int count = 2; count < up.size(); count++) {
      assertThat(gotFaster(up.subList(0, count))).as("%s", up).isTrue();
    }
    assertThat(up.size() == 5 || !gotFaster(up)).as("%s", up).isTrue();
    String each = String.join(", ", up.stream().map(String::valueOf).toList());
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

  /** Returns when the clock by which a walk up is timed has gone on by so much. */
  private static void passes(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  /** By a tenth, and not from nothing. */
  private static boolean gotFaster(List<Long> up) {
    long last = up.get(up.size() - 1);
    long fastest = Collections.min(up.subList(0, up.size() - 1));
    return last > 1 && last * 10 <= fastest * 9;
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
