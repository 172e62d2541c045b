/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.fault;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of a context's way down and up")
class FailureAtEveryStepTest {

  private static final String AGAIN = "again";

  @TempDir private Path folder;

  @Test
  @DisplayName("each event is written afterwards, once")
  void written() throws Exception {
    try (Logs logs = new Logs(folder)) {
      logs.attachFile("plain.log");
      logs.attach(logs.rolling("rolling.log", "1MB", ""));
      logs.attach(logs.async(logs.appender("async.log")));
      PhasedResource resource =
          (PhasedResource)
              new FaultLoader("dev.cracadapters.logback")
                  .loadClass("dev.cracadapters.logback.LogbackResource")
                  .getMethod("of", LoggerContext.class)
                  .invoke(null, logs.context);
      Registration registration = CheckpointCoordinator.global().register(resource);
      List<String> events = new ArrayList<>();
      try {
        int steps =
            FaultSteps.each(
                when -> {
                  String event = "event " + events.size();
                  events.add(event);
                  log(logs, event, when);
                  awaitLine(logs, "plain.log", event, when);
                  awaitLine(logs, "rolling.log", event, when);
                });
        assertThat(steps).isGreaterThan(50);
      } finally {
        registration.close();
      }
      for (String file : List.of("plain.log", "rolling.log")) {
        assertThat(logs.lines(file))
            .filteredOn(line -> !line.equals(AGAIN))
            .containsExactlyElementsOf(events);
      }
    }
  }

  /** On a thread of its own: it must not wait for ever. */
  private static void log(Logs logs, String event, String when) throws Exception {
    FutureTask<Boolean> logged =
        new FutureTask<>(
            () -> {
              logs.logger().info(event);
              return true;
            });
    Thread thread = new Thread(logged, FaultSteps.APPLICATION);
    thread.setDaemon(true);
    thread.start();
    try {
      logged.get(20, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError("it waits, after " + when, e);
    }
  }

  /** A file that could not be opened is tried once a second by the next event. */
  private static void awaitLine(Logs logs, String file, String event, String when)
      throws Exception {
    boolean there =
        Deadline.after(Duration.ofSeconds(20))
            .await(
                () -> {
                  if (logs.lines(file).contains(event)) {
                    return true;
                  }
                  logs.logger().info(AGAIN);
                  return false;
                });
    assertThat(there).as(file + " after " + when).isTrue();
  }
}
