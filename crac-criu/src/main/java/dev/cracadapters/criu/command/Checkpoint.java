/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.command.AttachRequestFolder.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes a checkpoint of a running JVM from outside. */
@Command(
    name = "checkpoint",
    description = {
      "Takes a checkpoint of a running JVM, as its user or as root.",
      "",
      "Where the application has crac-core, its own coordinator walks its resources down and up."
          + " Any other JVM gets the engine by attach, and is imaged if nothing is open that an"
          + " image would lose.",
      ""
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "From JDK 21 on the JVM writes a warning of a dynamically loaded agent to its standard error,"
          + " unless it was started with -XX:+EnableDynamicAgentLoading."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:the image is there",
      "1:refused: the process goes on, and the lines on standard error say why",
      "2:wrong usage",
      "3:the image is there, but not everything in the process came back to service",
      "4:the process has ended, and there is no image of it",
      "5:nothing was heard within the time-out, or the process was stopped by a signal"
    })
final class Checkpoint implements Callable<Integer> {

  private static final int REFUSED = 1;
  private static final int NOT_ALL_BACK = 3;
  private static final int ENDED = 4;
  private static final int NO_ANSWER = 5;

  @Parameters(paramLabel = "PID", description = "the JVM, as jps shows it here")
  private long pid;

  @Option(
      names = "--image",
      paramLabel = "DIR",
      description =
          "the folder to write the image to, as the process sees it; otherwise the one that its own"
              + " settings name (crac.image, spring.crac.image)")
  private @Nullable Path image;

  @Option(
      names = "--leave-running",
      description =
          "the process goes on when its image is whole, instead of ending; also where its own"
              + " settings say so (crac.leave-running)")
  private boolean leaveRunning;

  @Option(
      names = "--criu",
      paramLabel = "COMMAND",
      description =
          "the criu command to use, otherwise the one that its own settings name (crac.criu), or"
              + " the one in its PATH")
  private @Nullable String criu;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "how long to wait for the end (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Spec private CommandSpec spec;

  Checkpoint() {}

  @Override
  public Integer call() throws RefusedException, IOException, InterruptedException {
    Target target = Target.of(pid);
    Map<String, String> request = new LinkedHashMap<>();
    if (image != null) {
      request.put("image", image.toAbsolutePath().normalize().toString());
    }
    if (criu != null) {
      boolean isPath = criu.contains("/");
      request.put("criu", isPath ? Path.of(criu).toAbsolutePath().normalize().toString() : criu);
    }
    request.put("leave-running", Boolean.toString(leaveRunning));
    long start = System.nanoTime();
    try (AttachRequestFolder folder =
        TimeLimit.within(
            AttachRequestFolder.LIMIT,
            () -> AttachRequestFolder.unanswered(target),
            () -> AttachRequestFolder.in(target, request))) {
      Attachment.load(target, folder);
      folder.go();
      Result result =
          TimeLimit.within(
              Duration.ofSeconds(seconds).plus(AttachRequestFolder.LIMIT),
              () -> AttachRequestFolder.unanswered(target),
              () -> folder.await(Duration.ofSeconds(seconds)));
      return print(result, (System.nanoTime() - start) / 1_000_000);
    }
  }

  private int print(Result result, long millis) {
    if (result instanceof Result.Reported reported) {
      return print(reported.report(), millis);
    }
    if (result instanceof Result.EndedWithImage ended) {
      spec.commandLine()
          .getOut()
          .printf(
              "PID %d was imaged to %s, %s bytes, in %d ms, and has ended. Restore it by"
                  + " %s/restore%n",
              pid,
              PlainText.of(ended.folder()),
              PlainText.of(ended.bytes()),
              millis,
              PlainText.of(ended.folder()));
      return 0;
    }
    if (result instanceof Result.EndedWithoutImage ended) {
      return fail(
          "PID " + pid + " has ended",
          ended.folder().isEmpty()
              ? "It had not begun with the checkpoint. Look at what it wrote"
              : "There is no new image in " + ended.folder() + ". Look at what the process wrote",
          ENDED);
    }
    if (result instanceof Result.Stopped stopped) {
      return fail(
          "PID " + pid + " has been stopped for " + stopped.time().toSeconds() + " s",
          "Let it go on: kill -s CONT " + pid + ". It goes on with the checkpoint then",
          NO_ANSWER);
    }
    return fail(
        "nothing was heard of PID " + pid + " within " + seconds + " s",
        "Look at its log and its threads (jstack), and raise --timeout",
        NO_ANSWER);
  }

  private int print(Map<String, String> report, long millis) {
    String failures = report.getOrDefault("failures", "");
    switch (report.get("outcome")) {
      case "IMAGED", "IMAGED_WITH_FAILURES" -> {
        String folder = PlainText.of(report.getOrDefault("image", ""));
        spec.commandLine()
            .getOut()
            .printf(
                "PID %d was imaged to %s, %s bytes, in %d ms (down %s ms, snapshot %s ms, up %s"
                    + " ms), and goes on. Restore the image by %s/restore --clone%n",
                pid,
                folder,
                PlainText.of(report.getOrDefault("bytes", "")),
                millis,
                PlainText.of(report.getOrDefault("downMillis", "")),
                PlainText.of(report.getOrDefault("snapshotMillis", "")),
                PlainText.of(report.getOrDefault("upMillis", "")),
                folder);
        return failures.isEmpty() ? 0 : fail("not everything came back", failures, NOT_ALL_BACK);
      }
      case "RESTORED", "RESTORED_WITH_FAILURES" -> {
        String engine = report.get("engine");
        return fail(
            "no image was taken",
            "The %s engine writes none. Set crac.engine to auto, and add %s to the application"
                .formatted(engine, "dev.cracadapters:crac-criu"),
            REFUSED);
      }
      default -> {
        return fail("refused; PID " + pid + " goes on", failures, REFUSED);
      }
    }
  }

  private int fail(String what, String why, int status) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("checkpoint: " + PlainText.of(what));
    PlainText.of(why).lines().forEach(line -> err.println("  " + line));
    return status;
  }
}
