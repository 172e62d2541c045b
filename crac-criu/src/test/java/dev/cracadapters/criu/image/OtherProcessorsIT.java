/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("With another number of processors")
class OtherProcessorsIT {

  private static final String KEEPS =
      "processors?, \\d+ at the checkpoint: the JVM keeps its \\d+ compiler threads";

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Test
  @DisplayName("a restored process says what stays as large as at the checkpoint, and only then")
  void says() throws Exception {
    int here = Runtime.getRuntime().availableProcessors();
    assumeTrue(here > 1, "one processor alone");
    String allowed = Proc.self().status().get("Cpus_allowed_list");
    String first = allowed.split("[-,]")[0];
    Path[] logging =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.contains("logback"))
            .map(Path::of)
            .toArray(Path[]::new);
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image, "-XX:+UseParallelGC").with(logging).start(folder, "original")) {
      original.awaitLine("ready");
      checkpoint(original);
    }
    try (RunningProcess fewer =
        new Image(image).restore().by("taskset", "-c", first).start(folder, "fewer")) {
      fewer.awaitLine("restored ");
      assertThat(fewer.output() + fewer.error())
          .contains("1 processor here, " + here + " at the checkpoint: the JVM keeps its ")
          .containsPattern("\\d+ parallel GC threads");
      end(fewer);
    }
    try (RunningProcess same = new Image(image).restore().start(folder, "same")) {
      same.awaitLine("restored ");
      assertThat(same.output() + same.error()).doesNotContainPattern(KEEPS);
      end(same);
    }
  }
}
