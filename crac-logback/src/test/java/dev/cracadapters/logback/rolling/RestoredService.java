/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.logback.LogbackResource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.crac.CheckpointException;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A process that logs and takes its checkpoints as its standard input says, a command a line. */
public final class RestoredService {

  private static final Logger LOGGER = LoggerFactory.getLogger("app");

  private @Nullable Thread flood;
  private volatile boolean ending;
  private volatile int flooded;

  private RestoredService() {}

  /**
   * Runs until it is told to end, or its standard input ends.
   *
   * @param arguments none
   * @throws Exception if it is interrupted, or its standard input cannot be read
   */
  public static void main(String[] arguments) throws Exception {
    LogbackResource.install();
    RestoredService service = new RestoredService();
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = input.readLine();
    while (line != null && !line.equals("end")) {
      String[] words = line.split(" ", 2);
      service.run(words[0], words.length > 1 ? words[1] : "");
      line = input.readLine();
    }
    ((LoggerContext) LoggerFactory.getILoggerFactory()).stop();
    say("ended");
    System.exit(0);
  }

  private void run(String command, String argument) throws InterruptedException {
    switch (command) {
      case "log" -> {
        LOGGER.info(argument);
        say("logged " + argument);
      }
      case "debug" -> {
        LOGGER.debug(argument);
        say("logged " + argument);
      }
      case "flood" -> {
        flood = new Thread(this::flood, "flood");
        flood.start();
      }
      case "stop" -> {
        ending = true;
        if (flood != null) {
          flood.join();
        }
        say("stopped " + flooded);
      }
      // On a thread of its own: the other one waits for the restore's standard input.
      case "checkpoint" -> new Thread(() -> checkpoint(CheckpointOptions.NONE)).start();
      case "image" ->
          new Thread(() -> checkpoint(new CheckpointOptions(Path.of(argument), true))).start();
      default -> say("unknown " + command);
    }
  }

  private void flood() {
    while (!ending) {
      LOGGER.info("{}", flooded);
      flooded++;
      if (flooded == 1000) {
        say("flooding");
      }
    }
  }

  private static void checkpoint(CheckpointOptions options) {
    try {
      CheckpointReport report = CheckpointCoordinator.global().checkpoint(options);
      say(
          report.outcome() == CheckpointReport.Outcome.IMAGED
              ? "imaged"
              : "restored " + report.instanceId());
    } catch (RestoreException e) {
      say("restored with failures " + causes(e));
    } catch (CheckpointException e) {
      say("refused " + causes(e));
    }
  }

  private static String causes(Exception e) {
    return Stream.of(e.getSuppressed()).map(Throwable::getMessage).toList().toString();
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
