/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("Sixteen clones of one image at the same time")
@Tag("soak")
class ManyClonesIT {

  private static final int CLONES = 16;

  @TempDir Path folder;

  @Test
  @DisplayName("all serve, each from the image's state, and all are distinct")
  void sixteen() throws Exception {
    Image image = Services.checkpointed(folder);
    List<RunningProcess> clones = new ArrayList<>();
    try {
      long start = System.nanoTime();
      for (int number = 0; number < CLONES; number++) {
        clones.add(image.restore("--clone", "--net").start(folder, "clone" + number));
        clones.get(number).send("loopback 8080"); // the same port in each
      }
      List<String> instances = new ArrayList<>();
      for (RunningProcess clone : clones) {
        assertThat(clone.awaitLine("loopback ")).as(clone.told()).isEqualTo("loopback 42");
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      for (int number = 0; number < CLONES; number++) {
        RunningProcess clone = clones.get(number);
        instances.add(clone.awaitLine("restored ").replaceAll(".*instance=(\\S+).*", "$1"));
        assertThat(ask(clone, "add " + number, "sum=")).isEqualTo("sum=" + (41 + number));
      }
      assertThat(instances).hasSize(CLONES).doesNotHaveDuplicates();
      System.out.printf("%d clones: the last first answer after %d ms%n", CLONES, millis);
      for (RunningProcess clone : clones) {
        end(clone);
      }
    } finally {
      for (RunningProcess clone : clones) {
        clone.close();
      }
    }
    Services.assertNothingLeft(folder);
  }
}
