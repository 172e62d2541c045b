/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A {@link RestoredService}, its configuration and its image. */
final class LoggedService {

  private final Path folder;
  private final Path logs;
  private final Image image;

  /**
   * Prepares.
   *
   * @param folder where it is configured and what it tells is noted
   * @param logs what DIR in a configuration stands for
   */
  LoggedService(Path folder, Path logs, Image image) {
    this.folder = folder;
    this.logs = logs;
    this.image = image;
  }

  Path configure(String xml) throws IOException {
    return Files.writeString(
        folder.resolve("logback.xml"),
        "<configuration>%s<logger name='app' level='${LOG_LEVEL:-INFO}'><appender-ref ref='A'/></logger></configuration>"
            .formatted(xml.replace("DIR", logs.toString())));
  }

  /** Started, with the events logged. */
  RunningProcess started(String setting, Object value, String xml, String... events)
      throws Exception {
    RunningProcess process =
        JvmCommand.ofMainClass(RestoredService.class.getName())
            .options("-Xmx256m")
            .property("logback.configurationFile", configure(xml))
            .property("crac.logback." + setting, value)
            .property("crac.audit", "strict")
            .property("crac.criu.trim", false)
            .image(image.folder())
            .start(folder, "original");
    process.awaitLine("ready");
    log(process, events);
    return process;
  }

  /** Started, with the events logged, and checkpointed. */
  void checkpointed(String setting, Object value, String xml, String... events) throws Exception {
    try (RunningProcess original = started(setting, value, xml, events)) {
      original.send("checkpoint");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
  }

  static void log(RunningProcess process, String... events) throws Exception {
    for (String event : events) {
      process.send("log " + event);
      process.awaitLine("logged " + event);
    }
  }

  /** Its instance's ID. */
  static String instance(RunningProcess restored) throws Exception {
    return restored.awaitLine("restored ").substring("restored ".length());
  }

  static void end(RunningProcess process) throws Exception {
    process.send("end");
    assertThat(process.awaitExit()).as(process.told()).isZero();
  }

  /** Restored, with the events logged, and ended. */
  RunningProcess run(String name, List<String> options, String... events) throws Exception {
    try (RunningProcess restored =
        image.restore(options.toArray(String[]::new)).start(folder, name)) {
      instance(restored);
      log(restored, events);
      end(restored);
      return restored;
    }
  }

  /** Ends it, and says how much it has logged. */
  static int stop(RunningProcess process) throws Exception {
    process.send("stop");
    int count = Integer.parseInt(process.awaitLine("stopped ").substring("stopped ".length()));
    end(process);
    return count;
  }
}
