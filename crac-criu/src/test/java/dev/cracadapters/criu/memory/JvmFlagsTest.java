/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.CriuEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The JVM's flags")
class JvmFlagsTest {

  private static final String MIN = "MinHeapFreeRatio";
  private static final String MAX = "MaxHeapFreeRatio";

  private final JvmFlags seen = new JvmFlags();
  private final List<Optional<String>> before = List.of(seen.value(MIN), seen.value(MAX));

  private void assertThatTheyAreAsBefore() {
    assertThat(List.of(seen.value(MIN), seen.value(MAX))).isEqualTo(before);
  }

  @AfterEach
  void forgetTheCommand() {
    System.clearProperty("crac.criu");
  }

  @Test
  @DisplayName("are changed, and as they were when that is over")
  void putBack() {
    try (JvmFlags flags = new JvmFlags()) {
      flags.change(MIN, "0");
      flags.change(MAX, "0");
      assertThat(List.of(seen.value(MIN), seen.value(MAX)))
          .containsExactly(Optional.of("0"), Optional.of("0"));
    }
    assertThatTheyAreAsBefore();
  }

  @Test
  @DisplayName("are as they were after an error, too, such as no memory left")
  void error() {
    assertThatThrownBy(
            () -> {
              try (JvmFlags flags = new JvmFlags()) {
                flags.change(MIN, "0");
                flags.change(MAX, "0");
                throw new OutOfMemoryError("made up");
              }
            })
        .isInstanceOf(OutOfMemoryError.class);
    assertThatTheyAreAsBefore();
  }

  @Test
  @DisplayName("are left alone where they cannot be changed, or have no such value")
  void unchangeable() {
    try (JvmFlags flags = new JvmFlags()) {
      flags.change("NoSuchFlag", "0");
      flags.change("UseSerialGC", "true");
      flags.change(MIN, "many");
      assertThat(flags.value("NoSuchFlag")).isEmpty();
      assertThat(flags.isOn("NoSuchFlag")).isFalse();
    }
    assertThatTheyAreAsBefore();
  }

  @Test
  @DisplayName("are as they were when the image folder turns out to be no folder after the trim")
  void refusedAfterTheTrim(@TempDir Path folder) throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    System.setProperty("crac.criu", "/bin/sh"); // it is not come to
    CheckpointRequest request =
        new CheckpointRequest(file.resolve("image"), List.of(), List.of(), List.of(), 0, false);
    assertThatThrownBy(() -> new CriuEngine().checkpoint(request))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("cannot be written");
    assertThatTheyAreAsBefore();
  }
}
