/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.logback.testing.Flood;
import dev.cracadapters.logback.testing.Logs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A process that is told to end while no more events may be kept")
class EndOfProcessTest {

  @TempDir Path folder;

  /** A service whose shutdown hook logs, as Spring's does, and then stops Logback. */
  static final class Service {
    public static void main(String[] arguments) throws Exception {
      Logs logs =
          new Logs(
              Path.of(arguments[0]),
              LogbackSettings.defaults()
                  .withBufferSize(2)
                  .withDrainTimeout(Duration.ofMinutes(10)));
      logs.attachFile("app.log");
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    for (int i = 0; i < 5; i++) {
                      logs.logger().info("event {}", i);
                    }
                    logs.close();
                  }));
      logs.checkpoint();
      System.exit(0);
    }
  }

  @Test
  @DisplayName("ends, and what its shutdown hooks log is in the file")
  void ends() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Service.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readAllLines(folder.resolve("app.log"))).isEqualTo(Flood.events(5));
  }
}
