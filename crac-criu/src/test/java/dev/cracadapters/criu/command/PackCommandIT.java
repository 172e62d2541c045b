/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("crac-criu pack and crac-criu unpack")
class PackCommandIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(folder)).noneMatch(name -> name.startsWith("."));
  }

  private Ended run(String... arguments) throws Exception {
    Ended ended = Commands.run(folder, arguments);
    assertThat(ended.status()).as(ended.told()).isZero();
    return ended;
  }

  private void refused(String reason, Path... arguments) throws Exception {
    String[] words =
        Stream.concat(Stream.of("unpack"), Arrays.stream(arguments).map(Path::toString))
            .toArray(String[]::new);
    Ended ended = Commands.run(folder, words);
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.error()).contains(reason).startsWith("unpack: ").hasLineCount(1);
    assertThat(ended.error()).doesNotContain("crac.image");
  }

  /** Every file with its permissions, its time and its bytes. */
  private static Map<String, String> files(Path image) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(image)) {
      for (Path one : all.toList()) {
        boolean isFile = Files.isRegularFile(one);
        files.put(
            image.relativize(one).toString(),
            PosixFilePermissions.toString(Files.getPosixFilePermissions(one))
                + (isFile
                    ? " "
                        + Files.getLastModifiedTime(one).toMillis()
                        + " "
                        + Arrays.hashCode(Files.readAllBytes(one))
                    : ""));
      }
    }
    return files;
  }

  @Tag("essential")
  @Test
  @DisplayName("move an image, and of a second one what the first has not")
  void moved() throws Exception {
    Image first = Services.checkpointed(folder);
    Path pack = folder.resolve("first.pack");
    run("pack", first.folder().toString(), pack.toString());
    assertThat(Files.getPosixFilePermissions(pack))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    Path pages = first.folder().resolve("criu/pages-1.img");
    assertThat(Files.size(pack)).isLessThan(Files.size(pages) / 2);

    Path elsewhere = folder.resolve("elsewhere/image");
    run("unpack", pack.toString(), elsewhere.toString());
    assertThat(files(elsewhere)).isEqualTo(files(first.folder()));
    Services.discard(first.folder());
    try (RunningProcess service = restored(new Image(elsewhere), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      checkpoint(service); // into the folder of the first one
    }

    Path alone = folder.resolve("alone.pack");
    Path difference = folder.resolve("difference.pack");
    run("pack", first.folder().toString(), alone.toString());
    run("pack", first.folder().toString(), difference.toString(), "--base", elsewhere.toString());
    assertThat(Files.size(difference)).isLessThan(Files.size(alone) * 2 / 3);
    Map<String, String> second = files(first.folder());

    // The base is what it replaces.
    run("unpack", difference.toString(), elsewhere.toString());
    assertThat(files(elsewhere)).isEqualTo(second);
    refused("it was packed with a base", difference, elsewhere);
    Services.discard(first.folder());
    try (RunningProcess service = restored(new Image(elsewhere), folder, "again")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=43");
      end(service);
    }
  }

  @Test
  @DisplayName("keep an image signed, and encrypted")
  void protectedImage() throws Exception {
    Path secret = folder.resolve("secret");
    Files.writeString(secret, "0123456789abcdef0123456789abcdef\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Image image =
        Services.checkpointed(
            folder, "-Dcrac.image-key=" + secret, "-Dcrac.image-encryption=openssl:" + secret);
    Path pack = folder.resolve("pack");
    Path elsewhere = folder.resolve("elsewhere");
    run("pack", image.folder().toString(), pack.toString());
    run("unpack", pack.toString(), elsewhere.toString());
    assertThat(files(elsewhere)).isEqualTo(files(image.folder()));
    assertThat(Services.names(elsewhere)).contains("encrypted", "SHA256SUMS.sig");
    Path launcher =
        Services.script(folder.resolve("launcher"), run("launcher").output().split("\n"));
    try (RunningProcess service =
        RunningProcess.start(
            List.of(
                launcher.toString(),
                "--key",
                secret.toString(),
                elsewhere.toString(),
                "--identity",
                secret.toString()),
            Map.of("TMPDIR", folder.toString()),
            folder,
            "launched")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Test
  @DisplayName("refuse what is not as it was written, and leave nothing half done")
  void damaged() throws Exception {
    Image image = Services.checkpointed(folder);
    Path pack = folder.resolve("whole.pack");
    run("pack", image.folder().toString(), pack.toString());
    byte[] whole = Files.readAllBytes(pack);
    Path damaged = folder.resolve("damaged.pack");
    Path target = folder.resolve("target");
    int[] lengths = {0, 5, 60, whole.length / 2, whole.length - 1};
    for (int length : lengths) {
      Files.write(damaged, Arrays.copyOf(whole, length));
      refused(length < 10 ? "it is no pack" : "it is cut off", damaged, target);
      assertThat(target).doesNotExist();
    }
    int[] places = {20, whole.length / 3, whole.length / 2, whole.length - 100};
    for (int place : places) {
      byte[] changed = whole.clone();
      changed[place] ^= 4;
      Files.write(damaged, changed);
      refused("is not as it was", damaged, target);
      assertThat(target).doesNotExist();
    }

    // An image that is there stays, to the byte.
    Map<String, String> before = files(image.folder());
    refused("is not as it was", damaged, image.folder());
    assertThat(files(image.folder())).isEqualTo(before);

    Path others = Files.createDirectory(folder.resolve("others"));
    Files.writeString(others.resolve("letter"), "dear");
    refused("it holds other files and no image: letter", pack, others);
    assertThat(Services.names(others)).containsExactly("letter");
    // In words of the command, and not of a checkpoint's settings.
    refused(
        "it is a file, and no folder. Name a folder that you may write to, with room for the image;"
            + " nothing was unpacked",
        pack,
        others.resolve("letter"));
    refused("room for the image", pack, Path.of("/proc/image"));
    Ended kept =
        Commands.run(
            folder, "pack", image.folder().toString(), others.resolve("letter").toString());
    assertThat(kept.status()).isEqualTo(1);
    assertThat(kept.error()).contains("it is there already, and no pack");
    assertThat(others.resolve("letter")).hasContent("dear");
    Files.setPosixFilePermissions(damaged, PosixFilePermissions.fromString("rw-rw-rw-"));
    refused("may be written by everybody", damaged, target);

    // Nor is such an image packed.
    Path pages = image.folder().resolve("criu/pages-1.img");
    byte[] bytes = Files.readAllBytes(pages);
    bytes[bytes.length / 2] ^= 1;
    Files.write(pages, bytes);
    Ended refused = Commands.run(folder, "pack", image.folder().toString(), pack.toString());
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.error()).contains("criu/pages-1.img is not as it was written");
    assertThat(Files.readAllBytes(pack)).isEqualTo(whole);
    Files.delete(pages);
    Files.createSymbolicLink(pages, Path.of("/etc/passwd"));
    assertThat(Commands.run(folder, "pack", image.folder().toString(), pack.toString()).error())
        .contains("it is no file, and no checkpoint wrote it");
  }
}
