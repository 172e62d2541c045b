/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpointed;
import static dev.cracadapters.criu.testing.Services.command;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("A rehearsed checkpoint by CRIU")
class RehearsalIT {

  private static final Pattern UP =
      Pattern.compile("key=rehearsalUpMillis, value=(\\d+(, \\d+)*)}");

  private static final String WALK = "-high, -low, +low, +high";

  @TempDir private Path folder;

  @Test
  @DisplayName("has walked down and up before; its restore is told once, and its report says so")
  void rehearsed() throws Exception {
    Image image = checkpointed(folder, "-Dcrac.rehearse=auto");

    try (RunningProcess service = restored(image, folder, "restored")) {
      Matcher up = UP.matcher(ask(service, "attribute LastReport", "attribute "));
      assertThat(up.find()).isTrue();
      int rehearsals = up.group(1).split(", ").length;
      assertThat(rehearsals).isBetween(1, 5); // how many depends on how busy the machine is
      assertThat(ask(service, "state", "state "))
          .endsWith("calls=[" + String.join(", ", nCopies(rehearsals + 1, WALK)) + "]");
      end(service);
      assertThat(service.told()).containsOnlyOnce("restored instance=").doesNotContain("refused");
    }
  }

  @Test
  @DisplayName("is one that ends the process; one that goes on is rehearsed where a number says so")
  void leaveRunning() throws Exception {
    Path first = folder.resolve("first");
    try (RunningProcess service =
        command(folder.resolve("image"), "-Dcrac.rehearse=auto").start(folder, "auto")) {
      service.awaitLine("ready");
      ask(service, "image " + first, "imaged ");
      assertThat(ask(service, "state", "state ")).endsWith("calls=[" + WALK + "]");
      end(service);
    }
    try (RunningProcess service =
        command(folder.resolve("image"), "-Dcrac.rehearse=1").start(folder, "number")) {
      service.awaitLine("ready");
      ask(service, "image " + first, "imaged instance=null info=Optional.empty ");
      assertThat(ask(service, "state", "state ")).endsWith("calls=[" + WALK + ", " + WALK + "]");
      end(service);
    }
  }
}
