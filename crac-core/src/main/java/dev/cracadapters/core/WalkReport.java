/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import dev.cracadapters.core.CheckpointReport.OpenDescriptor;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.Rehearsal;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.engine.Snapshot;
import dev.cracadapters.core.hold.ThreadHold;
import dev.cracadapters.core.support.Failures;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Collects a {@link CheckpointReport} while the walk goes on. */
final class WalkReport {

  private final Instant startedAt = Instant.now();
  private String engine = "";
  private long mark = System.nanoTime();
  private long downMillis;
  private long snapshotMillis;
  private long upMillis;
  private Map<RegisteredResource, Long> down = Map.of();
  private List<ResourceWalk> resources = List.of();
  private List<OpenDescriptor> descriptors = List.of();
  private List<Throwable> earlier = List.of();
  private List<Rehearsal> rehearsals = List.of();
  private @Nullable Snapshot snapshot;
  private @Nullable ThreadHold hold;
  private @Nullable CheckpointReport ended;

  void engine(String name) {
    engine = name;
  }

  /** What a walk took that was a rehearsal; the next one is reported from its own begin. */
  Rehearsal rehearsed() {
    Rehearsal rehearsal = new Rehearsal(downMillis, upMillis);
    downMillis = 0;
    upMillis = 0;
    down = Map.of();
    resources = List.of();
    descriptors = List.of();
    return rehearsal;
  }

  void rehearsals(List<Rehearsal> all) {
    rehearsals = all;
  }

  void downBegins() {
    mark = System.nanoTime();
  }

  void downEnds(Map<RegisteredResource, Long> micros) {
    downMillis = sinceMark();
    down = micros;
  }

  long downMillis() {
    return downMillis;
  }

  void descriptors(List<OpenDescriptor> open) {
    descriptors = open;
  }

  List<String> descriptorTargets() {
    return descriptors.stream().map(OpenDescriptor::target).toList();
  }

  void snapshotBegins() {
    mark = System.nanoTime();
  }

  void snapshotEnds(@Nullable Snapshot taken) {
    snapshotMillis = sinceMark();
    snapshot = taken;
  }

  void holds(@Nullable ThreadHold begun) {
    hold = begun;
  }

  /** Lets the application's threads go on, if they are held. */
  void releaseThreads() {
    ThreadHold begun = hold;
    if (begun != null) {
      begun.release();
    }
  }

  private CheckpointReport.@Nullable Hold held() {
    ThreadHold begun = hold;
    return begun == null
        ? null
        : new CheckpointReport.Hold(begun.threads(), begun.millis(), begun.whyNot());
  }

  void failed(List<Throwable> failures) {
    earlier = failures;
  }

  void upBegins() {
    mark = System.nanoTime();
  }

  void upEnds(List<RegisteredResource> order, Map<RegisteredResource, Long> micros) {
    upMillis = sinceMark();
    resources =
        order.stream()
            .map(
                resource ->
                    new ResourceWalk(
                        resource.name(),
                        Phase.nameOf(resource.phase()),
                        down.getOrDefault(resource, -1L),
                        micros.getOrDefault(resource, -1L)))
            .toList();
  }

  /** The log line that the walk would have, made in the same way, of which no report is left. */
  String rehearsedSummary() {
    end(Outcome.RESTORED, List.of());
    String summary = summary();
    ended = null;
    return summary;
  }

  List<ResourceWalk> resources() {
    return resources;
  }

  CheckpointReport endOnCracJdk(List<Throwable> losses) {
    if (!earlier.isEmpty()) {
      List<Throwable> all = new ArrayList<>(earlier);
      all.addAll(losses);
      return end(Outcome.REFUSED, all);
    }
    return end(losses.isEmpty() ? Outcome.RESTORED : Outcome.RESTORED_WITH_FAILURES, losses);
  }

  CheckpointReport end(Outcome outcome, List<Throwable> failures) {
    Snapshot taken = snapshot;
    RestoreInfo restore = taken == null ? null : taken.restore();
    CheckpointReport report =
        new CheckpointReport(
            outcome,
            engine,
            startedAt,
            Instant.now(),
            downMillis,
            snapshotMillis,
            upMillis,
            resources,
            descriptors,
            taken == null ? null : taken.image(),
            restore == null ? null : restore.instanceId(),
            failures.stream().map(WalkReport::describe).toList(),
            held(),
            rehearsals);
    ended = report;
    return report;
  }

  String summary() {
    CheckpointReport report = Objects.requireNonNull(ended);
    String image =
        report.image() == null
            ? ""
            : ", image %s (%s)".formatted(report.image().folder(), describe(report.image()));
    return "%s engine, down %d ms, up %d ms%s%s%s%s"
        .formatted(
            engine,
            downMillis,
            upMillis,
            rehearsals.isEmpty() ? "" : " (rehearsed " + describe(rehearsals) + ")",
            describe(report.hold()),
            image,
            report.instanceId() == null ? "" : ", instance " + report.instanceId());
  }

  /** {@code 3 times: up 101, 26, 24 ms}. */
  static String describe(List<Rehearsal> rehearsals) {
    return "%s: up %s ms"
        .formatted(
            rehearsals.size() == 1 ? "once" : rehearsals.size() + " times",
            rehearsals.stream()
                .map(rehearsal -> Long.toString(rehearsal.upMillis()))
                .collect(Collectors.joining(", ")));
  }

  private static String describe(CheckpointReport.@Nullable Hold hold) {
    if (hold == null) {
      return "";
    }
    String held =
        hold.threads() == 0
            ? ""
            : ", %d %s held %d ms"
                .formatted(
                    hold.threads(), hold.threads() == 1 ? "thread" : "threads", hold.millis());
    return hold.whyNot() == null ? held : held + ", threads not held: " + hold.whyNot();
  }

  private static String describe(CheckpointReport.Image image) {
    StringBuilder text = new StringBuilder().append(image.bytes()).append(" bytes");
    for (CheckpointReport.Part part : image.parts()) {
      text.append(", ").append(part.name()).append(' ').append(part.millis()).append(" ms");
    }
    return text.toString();
  }

  String describeFailures() {
    return String.join(" | ", Objects.requireNonNull(ended).failures());
  }

  static String describeAll(List<Throwable> failures) {
    return String.join(" | ", failures.stream().map(WalkReport::describe).toList());
  }

  static String describe(Throwable failure) {
    return Failures.describe(failure);
  }

  private long sinceMark() {
    return (System.nanoTime() - mark) / 1_000_000;
  }
}
