/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The image folder")
class ImageFolderTest {

  @TempDir Path folder;

  private static String permissions(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  @DisplayName("must have been named")
  void named() {
    assertThatThrownBy(() -> ImageFolder.of(null))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "image folder: none was named. Set spring.crac.image, or the system property"
                + " crac.image, to a folder to write the image to");
  }

  @Test
  @DisplayName("is made with the folders above it, for its owner alone")
  void made() throws Exception {
    Path image = folder.resolve("above/image");
    ImageFolder.of(image).checkWritable();
    assertThat(image).isEmptyDirectory();
    assertThat(permissions(image)).isEqualTo("rwx------");
  }

  @Test
  @DisplayName("that others could read is closed to them")
  void closed() throws Exception {
    Path image = Files.createDirectory(folder.resolve("image"));
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rwxr-xr-x"));
    ImageFolder.of(image).checkWritable();
    assertThat(permissions(image)).isEqualTo("rwx------");
  }

  @Test
  @DisplayName("may be a link to a folder")
  void link() throws Exception {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path image = Files.createSymbolicLink(folder.resolve("image"), real);
    assertThat(ImageFolder.of(image).stage().getParent()).isEqualTo(real.toRealPath());
  }

  @Test
  @DisplayName("is refused where a file is in its place")
  void file() throws Exception {
    Path image = Files.writeString(folder.resolve("image"), "in the way");
    assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
        .isInstanceOf(RefusedException.class)
        .hasMessageStartingWith("image folder " + image + ": it cannot be written (")
        .hasMessageEndingWith(
            "Name a folder this process may write to, with room for its memory, by"
                + " spring.crac.image or crac.image");
  }

  @Test
  @DisplayName("is refused where a file is in the place of a folder above it")
  void fileAbove() throws Exception {
    Files.writeString(folder.resolve("above"), "in the way");
    Path image = folder.resolve("above/image");
    assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("image folder " + image + ": it cannot be written");
  }

  @Test
  @DisplayName("is refused where nobody can write")
  void nobody() {
    Path image = Path.of("/proc/image");
    assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("image folder /proc/image: it cannot be written");
  }

  @Test
  @DisplayName(
      "takes a new image in the making beside the older one, in the place of one that was never"
          + " finished")
  void staging() throws Exception {
    ImageFolder image = ImageFolder.of(folder);
    Files.writeString(folder.resolve("restore"), "the older image");
    Path first = image.stage();
    Files.createDirectory(first.resolve("criu"));
    Files.writeString(first.resolve("criu/pages-1.img"), "half written");

    Path second = image.stage();
    assertThat(second).isEqualTo(first).isEmptyDirectory();
    assertThat(permissions(second)).isEqualTo("rwx------");
    ImageFolder.discard(second);
    ImageFolder.discard(second);
    assertThat(Services.names(folder)).containsExactly("restore");
  }

  @Test
  @DisplayName("is known to end with a clone in a folder of the clone's own alone")
  void clonesOwn() throws Exception {
    String place = folder.toRealPath().toString();
    String root = "20 1 8:1 / / rw - ext4 /dev/sda rw";
    String own = "21 20 8:1 /var/tmp/crac-clone.Ab12/1 " + place + " rw - ext4 /dev/sda rw";
    String counters = "22 20 0:50 / " + place + " rw shared:7 - tmpfs crac-clone rw";
    String bound = "23 21 8:1 /images " + place + " rw - ext4 /dev/sda rw";
    String others = "24 20 8:1 /var/tmp/crac-clone.Ab12/2 /elsewhere rw - ext4 /dev/sda rw";
    ImageFolder image = ImageFolder.of(folder);
    assertThat(image.endsWithTheClone(List.of(root))).isFalse();
    assertThat(image.endsWithTheClone(List.of(root, own))).isTrue();
    assertThat(image.endsWithTheClone(List.of(root, counters))).isTrue();
    assertThat(image.endsWithTheClone(List.of(root, own, bound))).isFalse();
    assertThat(image.endsWithTheClone(List.of(root, others))).isFalse();
  }
}
