/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
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
  @DisplayName(
      "is made with the folders above it, for its owner alone, and is gone if it is not used")
  void made() throws Exception {
    ImageFolder image = ImageFolder.of(folder.resolve("above/image"));
    image.checkWritable();
    assertThat(folder).isEmptyDirectory();
    Path staging = image.stage();
    assertThat(staging.getParent()).isEqualTo(folder.toRealPath().resolve("above/image"));
    assertThat(permissions(staging.getParent())).isEqualTo("rwx------");
    image.giveUp(staging);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  @DisplayName("that is there keeps its mode, and what is made in it is its owner's alone")
  void keepsItsMode() throws Exception {
    Path there = Files.createDirectory(folder.resolve("image"));
    Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rwxr-xr-x"));
    ImageFolder image = ImageFolder.of(there);
    Path staging = image.stage();
    assertThat(permissions(there)).isEqualTo("rwxr-xr-x");
    assertThat(permissions(staging)).isEqualTo("rwx------");
    image.giveUp(staging);
    assertThat(there).isEmptyDirectory();
  }

  @Test
  @DisplayName("is refused where other files are in it, which stay as they are")
  void othersFiles() throws Exception {
    for (String name : List.of("restore", "manifest.json", "criu", "notes.txt")) {
      Path there = Files.createDirectory(folder.resolve("with-" + name));
      Path file = Files.writeString(there.resolve(name), "the user's");
      assertThatThrownBy(() -> ImageFolder.of(there).checkWritable())
          .isInstanceOf(RefusedException.class)
          .hasMessage(
              "image folder "
                  + there
                  + ": it holds other files and no image: "
                  + name
                  + ". Name an empty folder, one that does not exist yet, or an image's");
      assertThat(file).hasContent("the user's");
      assertThat(Services.names(there)).containsExactly(name);
    }
    Path web = Files.createDirectory(folder.resolve("web"));
    Files.writeString(web.resolve("manifest.json"), "{\"format\": 2, \"name\": \"app\"}");
    Files.createDirectory(web.resolve("copies"));
    assertThatThrownBy(() -> ImageFolder.of(web).checkWritable())
        .hasMessageContaining("it holds other files and no image: copies");
  }

  @Test
  @DisplayName("may have an image in it, one that was interrupted, or what a new file system has")
  void ours() throws Exception {
    Path image = Files.createDirectory(folder.resolve("image"));
    Files.createDirectory(image.resolve("lost+found"));
    ImageFolder.of(image).checkWritable();
    Files.createDirectory(image.resolve(".new-1"));
    Files.createDirectory(image.resolve("criu"));
    ImageFolder.of(image).checkWritable();
    Files.writeString(image.resolve("manifest.json"), "{\n  \"format\" : 1,\n  \"time\": \"\"}");
    Files.writeString(image.resolve("notes.txt"), "the user's");
    ImageFolder.of(image).checkWritable();
    assertThat(image.resolve("notes.txt")).hasContent("the user's");
  }

  @Test
  @DisplayName("is refused where somebody else could change it, or put another in its place")
  void strangers() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Path theirs = Files.createDirectory(folder.resolve("theirs"));
    Files.setAttribute(theirs, "unix:uid", 4002);
    Path below = Files.createDirectory(theirs.resolve("image"));
    for (Path image : List.of(theirs, below, theirs.resolve("new/image"))) {
      assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
          .isInstanceOf(RefusedException.class)
          .hasMessage(
              "image folder %s: %s belongs to user 4002, who could put something else there."
                      .formatted(image, theirs)
                  + " Name a folder that, like all above it, is this user's or root's");
    }
    assertThat(theirs.resolve("new")).doesNotExist();
    Path everybodys = Files.createDirectory(folder.resolve("everybodys"));
    Files.setPosixFilePermissions(everybodys, PosixFilePermissions.fromString("rwxrwxrwx"));
    for (Path image : List.of(everybodys, everybodys.resolve("image"))) {
      assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining(everybodys + " may be written by everybody")
          .hasMessageContaining("chmod o-w " + everybodys);
    }
    Files.setAttribute(everybodys, "unix:mode", 01777);
    ImageFolder.of(everybodys.resolve("image")).checkWritable();
    assertThatThrownBy(() -> ImageFolder.of(everybodys).checkWritable())
        .hasMessageContaining(everybodys + " may be written by everybody");
    Files.setPosixFilePermissions(everybodys, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path good = Files.createDirectory(folder.resolve("good"));
    Path open = Files.createSymbolicLink(everybodys.resolve("link"), good);
    assertThatThrownBy(() -> ImageFolder.of(open).checkWritable())
        .hasMessageContaining(everybodys + " may be written by everybody");
    Path link = Files.createSymbolicLink(folder.resolve("link"), below);
    assertThatThrownBy(() -> ImageFolder.of(link).checkWritable())
        .hasMessageContaining(theirs.toString());
  }

  @Test
  @DisplayName("may be written by a group that this process is in, and by no other")
  void groups() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Path volume = Files.createDirectory(folder.resolve("volume"));
    Files.setAttribute(volume, "unix:mode", 02775); // as Kubernetes gives it to a fsGroup
    Files.setAttribute(volume, "unix:gid", 4002);
    FolderTrust member = new FolderTrust(Set.of(0), Set.of(0, 4002), 0, false);
    assertThat(member.weakness(volume, true).orElseThrow().fatal()).isFalse();
    assertThat(new FolderTrust(Set.of(0), Set.of(4002), 4002, false).weakness(volume, true))
        .isEmpty();
    assertThat(new FolderTrust(Set.of(0), Set.of(0), 0, false).weakness(volume, true).orElseThrow())
        .isEqualTo(
            new FolderTrust.Weakness(
                true,
                volume.toRealPath()
                    + " may be written by the group 4002, whose members could put something else there",
                "Take that right away (chmod g-w "
                    + volume.toRealPath()
                    + "), or name another folder"));
  }

  @Test
  @DisplayName("loses what a killed checkpoint has left in it, and nothing that is in the making")
  void dead() throws Exception {
    Process another = new ProcessBuilder("sleep", "60").start();
    Path live = Files.createDirectory(folder.resolve(".new-1"));
    Staging.sign(live);
    String alive = another.pid() + " " + Proc.of(another.pid()).stat().startTime();
    Path signed = live.resolve("maker");
    Files.writeString(signed, Files.readString(signed).replaceFirst("\\d+ \\d+", alive));
    Path dead = Files.createDirectory(folder.resolve(".new-2"));
    Staging.sign(dead);
    Path maker = dead.resolve("maker");
    Files.writeString(maker, Files.readString(maker).replaceFirst("\\d+ \\d+", "4194305 1"));
    Path elsewhere = Files.createDirectory(folder.resolve(".new-3"));
    Files.writeString(elsewhere.resolve("maker"), "4194305 1 another pid:[1] time:[1]");
    Path before = Files.createDirectory(folder.resolve(".new-6"));
    Staging.sign(before);
    // As that of the process that this one was restored from: CRIU restores into a time namespace.
    Files.writeString(
        before.resolve("maker"),
        Files.readString(before.resolve("maker")).replaceFirst("time:\\[\\d+", "time:[1"));
    Files.createDirectory(folder.resolve(".new-4")); // somebody was just removing it
    Files.createDirectory(folder.resolve(".probe-4194305-1")); // killed before it was signed
    Path old = Files.createDirectory(folder.resolve(".new-5"));
    Files.copy(elsewhere.resolve("maker"), old.resolve("maker"));
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    Path image = ImageFolder.of(folder).stage();
    another.destroyForcibly();
    assertThat(Services.names(folder))
        .containsExactlyInAnyOrder(".new-1", ".new-3", image.getFileName().toString());
  }

  @Test
  @DisplayName("is removed while somebody still fills it, and then nobody can")
  void filled() throws Exception {
    Path staging = Files.createDirectories(folder.resolve("staging/criu")).getParent();
    CountDownLatch begun = new CountDownLatch(1);
    Thread other =
        new Thread(
            () -> {
              try {
                for (int i = 0; true; i++) {
                  Files.createFile(staging.resolve("criu/" + i));
                  Files.createFile(staging.resolve(String.valueOf(i)));
                  begun.countDown();
                }
              } catch (IOException e) {
                begun.countDown(); // it is gone
              }
            });
    other.start();
    begun.await();
    ImageFolder.discard(staging);
    other.join();
    assertThat(staging).doesNotExist();
  }

  @Test
  @DisplayName("is written after old leftovers of this user's were removed from the temporary ones")
  void leftovers() throws Exception {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
    for (String name : List.of("criu-1.out", "crac-agent1.jar", "others.jar", "criu-2.out")) {
      Files.setLastModifiedTime(Files.createFile(folder.resolve(name)), old);
    }
    for (String name : List.of("crac-trial-1", "crac-checkpoint-1-a", "crac-dump.1")) {
      Files.createFile(Files.createDirectory(folder.resolve(name)).resolve("in it"));
      Files.setLastModifiedTime(folder.resolve(name), old);
    }
    Files.createFile(folder.resolve("criu-3.out"));
    Path kept = Files.createDirectory(folder.resolve("kept"));
    Files.createFile(kept.resolve("in it"));
    Files.createSymbolicLink(folder.resolve("crac-trial-2"), kept); // young
    Files.setLastModifiedTime(folder.resolve("criu-2.out"), FileTime.from(Instant.now()));
    Leftovers.removeFrom(folder);
    assertThat(Services.names(folder))
        .containsExactly("crac-trial-2", "criu-2.out", "criu-3.out", "kept", "others.jar");
    assertThat(kept.resolve("in it")).exists();
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
        .hasMessageStartingWith(
            "image folder " + image + ": it is a file, and no folder. Name a folder")
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
      "takes a new image in the making beside the older one, and removes one that was never"
          + " finished")
  void staging() throws Exception {
    ImageFolder image = ImageFolder.of(folder);
    Files.writeString(folder.resolve("restore"), "the older image");
    Files.writeString(
        folder.resolve("manifest.json"), "{\"format\" : 1, \"time\" : \"\", \"pid\": 1}");
    Path first = image.stage();
    Files.createDirectory(first.resolve("criu"));
    Files.writeString(first.resolve("criu/pages-1.img"), "half written");
    Files.createFile(first.resolve("undecided"));

    Path second = image.stage();
    assertThat(first).doesNotExist();
    assertThat(Services.names(second)).containsExactly("maker");
    assertThat(permissions(second)).isEqualTo("rwx------");
    image.giveUp(second);
    image.giveUp(second);
    assertThat(Services.names(folder)).containsExactly("manifest.json", "restore");
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
