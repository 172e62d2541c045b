/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.actuate;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A report in maps, lists, texts and numbers alone. Every JSON library writes these in the same
 * way; dates and paths they do not.
 */
final class ReportBody {

  private ReportBody() {}

  /** The end of a checkpoint that the coordinator did not come to. */
  static Map<String, Object> refused(Throwable failure) {
    List<String> failures = new ArrayList<>();
    for (Throwable suppressed : failure.getSuppressed()) {
      failures.add(suppressed.toString());
    }
    if (failures.isEmpty()) {
      failures.add(failure.toString());
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("outcome", Outcome.REFUSED.name());
    body.put("failures", failures);
    return body;
  }

  /** A report's body; null stands for no report. */
  static Map<String, Object> of(@Nullable CheckpointReport report) {
    Map<String, Object> body = new LinkedHashMap<>();
    if (report == null) {
      body.put("outcome", "NONE");
      return body;
    }
    body.put("outcome", report.outcome().name());
    body.put("engine", report.engine());
    body.put("startedAt", report.startedAt().toString());
    body.put("endedAt", report.endedAt().toString());
    body.put("downMillis", report.downMillis());
    body.put("snapshotMillis", report.snapshotMillis());
    body.put("upMillis", report.upMillis());
    body.put("failures", report.failures());
    CheckpointReport.Hold hold = report.hold();
    if (hold != null) {
      body.put("heldThreads", hold.threads());
      body.put("heldMillis", hold.millis());
    }
    if (!report.rehearsals().isEmpty()) {
      body.put("rehearsals", report.rehearsals().stream().map(ReportBody::rehearsal).toList());
    }
    if (report.image() != null) {
      Map<String, Object> image = new LinkedHashMap<>();
      image.put("folder", report.image().folder().toString());
      image.put("bytes", report.image().bytes());
      Map<String, Object> millis = new LinkedHashMap<>();
      report.image().parts().forEach(part -> millis.put(part.name(), part.millis()));
      image.put("millis", millis);
      body.put("image", image);
    }
    if (report.instanceId() != null) {
      body.put("instanceId", report.instanceId());
    }
    body.put("resources", report.resources().stream().map(ReportBody::resource).toList());
    body.put("descriptors", report.descriptors().stream().map(ReportBody::descriptor).toList());
    return body;
  }

  private static Map<String, Object> rehearsal(CheckpointReport.Rehearsal rehearsal) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("downMillis", rehearsal.downMillis());
    body.put("upMillis", rehearsal.upMillis());
    return body;
  }

  private static Map<String, Object> resource(CheckpointReport.ResourceWalk resource) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("name", resource.name());
    body.put("phase", resource.phase());
    body.put("beforeMicros", resource.beforeMicros());
    body.put("afterMicros", resource.afterMicros());
    return body;
  }

  private static Map<String, Object> descriptor(CheckpointReport.OpenDescriptor descriptor) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("number", descriptor.number());
    body.put("target", descriptor.target());
    body.put("verdict", descriptor.verdict());
    return body;
  }
}
