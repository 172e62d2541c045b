/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.PackedImage.Packed;
import dev.cracadapters.criu.pack.PackedImage.Run;
import dev.cracadapters.criu.pack.PackedImage.Source;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A pack")
class PackTest {

  private static final int PAGE = PackedImage.PAGE;
  private static final int SEED = 7;

  @TempDir Path folder;

  /** An image with pages of zeros, pages that are there twice, and one that ends in the middle. */
  private Path image(String name, int seed) throws Exception {
    Path image = Files.createDirectories(folder.resolve(name));
    Files.createDirectory(image.resolve("criu"));
    byte[] pages = new byte[700 * PAGE + 123];
    byte[] random = new byte[300 * PAGE];
    new Random(SEED).nextBytes(random);
    new Random(seed).nextBytes(pages);
    Arrays.fill(pages, 10 * PAGE, 100 * PAGE, (byte) 0);
    System.arraycopy(random, 0, pages, 200 * PAGE, random.length);
    System.arraycopy(random, 0, pages, 500 * PAGE, 100 * PAGE);
    Files.write(image.resolve("criu/pages-1.img"), pages);
    Files.write(image.resolve("criu/zeros.img"), new byte[5 * PAGE + 7]);
    Files.createFile(image.resolve("criu/empty.img"));
    Files.writeString(image.resolve("restore"), "#!/bin/sh\n");
    Files.writeString(image.resolve("manifest.json"), "{}");
    StringBuilder sums = new StringBuilder();
    for (String file : List.of("restore", "criu/pages-1.img", "criu/zeros.img")) {
      byte[] digest = Digests.sha256().digest(Files.readAllBytes(image.resolve(file)));
      sums.append(java.util.HexFormat.of().formatHex(digest))
          .append("  ")
          .append(file)
          .append('\n');
    }
    Files.writeString(image.resolve("SHA256SUMS"), sums);
    return image;
  }

  private PackWriter.Result pack(Path image, Path base, Path file) throws Exception {
    try (OutputStream out = Files.newOutputStream(file)) {
      return new PackWriter(out)
          .write(ImageParts.of(image), base == null ? null : ImageParts.of(base));
    }
  }

  private Path unpack(Path file, Path base) throws Exception {
    Path target = Files.createTempDirectory(folder, "unpacked");
    try (PackReader reader = new PackReader(file);
        Unpacking unpacking = new Unpacking(reader, target, base)) {
      unpacking.run();
    }
    return target;
  }

  private static void assertSame(Path image, Path unpacked) throws Exception {
    List<String> names = ImageParts.of(image).names();
    assertThat(ImageParts.of(unpacked).names()).isEqualTo(names);
    for (String name : names) {
      assertThat(unpacked.resolve(name)).hasSameBinaryContentAs(image.resolve(name));
    }
  }

  @Test
  @DisplayName("has each page once, and none of zeros, nor of the base")
  void pages() throws Exception {
    Path first = image("first", 1);
    Path second = image("second", 2);
    Path file = folder.resolve("pack");
    // 701 pages, 90 of them zeros and 100 there twice; three more files of a page.
    assertThat(pack(first, null, file).newBytes()).isEqualTo((701 - 90 - 100 + 3) * (long) PAGE);
    assertSame(first, unpack(file, null));
    // The same but for the pages of the other seed, and the list of digests.
    assertThat(pack(second, first, file).newBytes()).isEqualTo((701 - 90 - 400 + 1) * (long) PAGE);
    assertSame(second, unpack(file, first));
    assertThat(pack(first, first, file).newBytes()).isZero();
    assertSame(first, unpack(file, first));
    assertThatThrownBy(() -> unpack(file, second))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("its pages are not those that")
        .hasMessageContaining("--base");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside",
        "/etc/outside",
        "criu/../../outside",
        "criu/..",
        "criu/",
        "..",
        "criu/deeper/file",
        "letter",
        ".new-1-a/restore",
        ""
      })
  @DisplayName("with a file that is none of an image's is refused")
  void outside(String name) throws Exception {
    Path file = folder.resolve("pack");
    forge(file, new Packed(name, 0600, 0, 1, "", List.of(new Run(Source.ZERO, 0, 0, 1))));
    assertThatThrownBy(() -> unpack(file, null))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("it has a file that is none of an image's");
    assertThat(folder.resolve("outside")).doesNotExist();
  }

  @Test
  @DisplayName("whose pages come from nowhere, are too many or too few, is refused")
  void forgedPages() throws Exception {
    Path file = folder.resolve("pack");
    for (Run run :
        List.of(
            new Run(Source.OWN, 7, 0, 1),
            new Run(Source.BASE, 0, 0, 1),
            new Run(Source.NEW, 0, 0, 1),
            new Run(Source.ZERO, 0, 0, 2),
            new Run(Source.ZERO, 0, 0, 0),
            new Run(Source.ZERO, 0, 0, -1))) {
      forge(file, new Packed("manifest.json", 0600, 0, 1, "", List.of(run)));
      assertThatThrownBy(() -> unpack(file, null))
          .as(run.toString())
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("nothing was unpacked");
    }
  }

  private static void forge(Path file, Packed entry) throws Exception {
    ByteArrayOutputStream index = new ByteArrayOutputStream();
    new PackedImage("", List.of(), List.of(), List.of(entry), 0).write(new DataOutputStream(index));
    byte[] plain = index.toByteArray();
    byte[] compressed = Compression.compressed(plain, plain.length);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(PackWriter.MAGIC);
      out.write(compressed);
      out.write(PackReader.trailer(PackWriter.MAGIC.length, compressed, plain));
    }
  }
}
