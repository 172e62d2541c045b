/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@DisplayName("The demo's walk on the pause engine")
class PauseWalkIT {

  @TempDir Path folder;

  @Test
  @DisplayName("finds every check ok, under load")
  void everyCheckIsOk() throws Exception {
    DemoReport report = new DemoReport("pause");
    Path tools = Path.of(System.getProperty("demo.root"), "tools");
    List<String> options =
        List.of(
            "-Xmx512m",
            "-Dspring.crac.engine=pause",
            "-Dcrac.pause.file=" + folder.toRealPath().resolve("paused"));
    try (OrdersSetup setup = new OrdersSetup(tools, ExecutableJar.of("orders"), folder, options)) {
      PrintStream quiet =
          new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
      new Walk(setup, new Progress(quiet), report).withPause();
    }
    assertThat(report.allOk()).as(report.table()).isTrue();
    assertThat(report.logEvents.sent()).isGreaterThan(3000);
  }
}
