/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What a process deletes at its end")
class DeletedAtExitTest {

  @TempDir Path temporary;
  private Path folder;
  private Path image;

  @BeforeEach
  void anImage() throws Exception {
    folder = temporary.toRealPath();
    image = Files.createDirectory(folder.resolve("image"));
  }

  @Test
  @DisplayName("is found by the JDK's own list")
  void registered() throws Exception {
    Path file = Files.createFile(folder.resolve("a file"));
    file.toFile().deleteOnExit();
    assertThat(DeletedAtExit.lines(image).lines()).contains(file.toString());
  }

  @Test
  @DisplayName("is named by the highest folder alone, by its real path")
  void highest() throws Exception {
    Path base = Files.createDirectory(folder.resolve("base"));
    Path inside = Files.createFile(base.resolve("file"));
    Path beside = Files.createFile(folder.resolve("base-file"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    assertThat(
            DeletedAtExit.among(
                List.of(inside.toString(), beside.toString(), link.resolve("base").toString()),
                image))
        .containsExactly(base, beside);
  }

  @Test
  @DisplayName("is the machine's where it is gone, a link, no text, or has the image in it")
  void shared() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), image);
    Path line = Files.createFile(folder.resolve("two\nlines"));
    assertThat(
            DeletedAtExit.among(
                List.of(
                    folder.resolve("gone").toString(),
                    link.toString(),
                    line.toString(),
                    folder.toString(),
                    image.toString()),
                image))
        .isEmpty();
  }
}
