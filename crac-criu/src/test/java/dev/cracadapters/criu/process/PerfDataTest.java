/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The counters that the restore script has brought")
class PerfDataTest {

  @TempDir Path folder;

  @Test
  @DisplayName("are put in their place; the folder that they came in is left to the script")
  void putBack() throws Exception {
    Path from = Files.createDirectory(folder.resolve("restore-1"));
    Files.writeString(from.resolve("perfdata"), "counters");
    Path place = folder.resolve("1");

    PerfData.putBack(place.toString(), from);
    assertThat(place).hasContent("counters");
    assertThat(from).isEmptyDirectory();
  }

  @Test
  @DisplayName("stay where they are when there is no place for them")
  void noPlace() throws Exception {
    Path from = Files.createDirectories(folder.resolve("elsewhere/restore-1"));
    Files.writeString(from.resolve("perfdata"), "counters");
    PerfData.putBack("", from);
    PerfData.putBack(folder.resolve("1").toString(), null);
    PerfData.putBack(folder.resolve("1").toString(), from);
    assertThat(from.resolve("perfdata")).hasContent("counters");
    assertThat(folder.resolve("1")).doesNotExist();
  }
}
