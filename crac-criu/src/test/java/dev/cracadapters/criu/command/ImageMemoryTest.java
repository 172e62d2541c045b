/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.cracadapters.criu.command.Region.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The memory of an image")
class ImageMemoryTest {

  private static final int ANONYMOUS = 1 << 9;
  private static final int FILE = 1 << 6;

  @TempDir Path folder;

  /** A message in the making. */
  private static final class Bytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Bytes number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Bytes inner(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    Bytes inner(int field, Bytes value) {
      return inner(field, value.bytes.toByteArray());
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        bytes.write((int) (rest & 0x7F | 0x80));
        rest >>>= 7;
      }
      bytes.write((int) rest);
    }
  }

  private void file(String name, Bytes... messages) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(little(0x54564319));
    out.writeBytes(little(0x12345678));
    for (Bytes message : messages) {
      out.writeBytes(little(message.bytes.size()));
      out.writeBytes(message.bytes.toByteArray());
    }
    Files.write(folder.resolve(name), out.toByteArray());
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static Bytes area(long start, long end, int status, long file) {
    return new Bytes().number(1, start).number(2, end).number(4, file).number(7, status);
  }

  private static Bytes pages(long address, int count, int flags) {
    return new Bytes().number(1, address).number(2, count).number(4, flags);
  }

  @BeforeEach
  void anImage() throws IOException {
    byte[] name = "/usr/lib/libc.so.6".getBytes(StandardCharsets.UTF_8);
    file("files.img", new Bytes().inner(3, new Bytes().number(1, 9).inner(6, name)));
    file(
        "mm-42.img",
        new Bytes()
            .inner(14, area(0x10000, 0x20000, ANONYMOUS, 0))
            .inner(14, area(0x30000, 0x40000, FILE, 9))
            .inner(14, area(0x40000, 0x41000, ANONYMOUS, 0))
            .inner(14, area(0x7f0000000000L, 0x7f0000010000L, ANONYMOUS, 0)));
    file(
        "core-42.img",
        new Bytes().inner(2, new Bytes().inner(2, new Bytes().number(20, 0x7f0000008000L))));
    Files.write(folder.resolve("pages-1.img"), new byte[9 * 4096]);
  }

  @Test
  @DisplayName("is counted where it belongs, and pages of another image are not")
  void kinds() throws IOException {
    file(
        "pagemap-42.img",
        new Bytes().number(1, 1),
        pages(0x11000, 4, 4), // two of them in the heap
        pages(0x1a000, 3, 1), // of a parent image
        pages(0x3f000, 2, 4), // of a library, and what follows it
        pages(0x7f0000008000L, 3, 4 | 2));
    List<Region> regions =
        ImageMemory.read(folder, Map.of(Kind.HEAP, List.of(new long[] {0x13000, 0x18000})));
    assertThat(regions)
        .containsExactly(
            new Region(Kind.OTHER, "", 0x10000, 0x20000, 2 * 4096),
            new Region(Kind.HEAP, "", 0x13000, 0x18000, 2 * 4096),
            new Region(Kind.LIBRARIES, "/usr/lib/libc.so.6", 0x30000, 0x40000, 4096),
            new Region(Kind.LIBRARIES, "", 0x40000, 0x41000, 4096),
            new Region(Kind.THREAD_STACKS, "", 0x7f0000000000L, 0x7f0000010000L, 3 * 4096));
  }

  @Test
  @DisplayName("is also what is mapped, and named as what it was")
  void mapped() throws IOException {
    byte[] name = "/crac-memory".getBytes(StandardCharsets.UTF_8);
    file("files.img", new Bytes().inner(3, new Bytes().number(1, 9).inner(6, name)));
    file(
        "pagemap-42.img",
        new Bytes().number(1, 1),
        pages(0x11000, 2, 4),
        pages(0x7f0000008000L, 7, 4));
    Region heap = new Region(Kind.HEAP, "", 0x38000, 0x40000, 8 * 4096);
    assertThat(ImageMemory.read(folder, Map.of(Kind.HEAP, List.of(new long[] {0x38000, 0x40000}))))
        .contains(heap, new Region(Kind.OTHER, "", 0x30000, 0x40000, 8 * 4096))
        .extracting(Region::bytes)
        .containsExactly(2L * 4096, 8L * 4096, 8L * 4096, 7L * 4096);
  }

  @Test
  @DisplayName("of a thread that has ended is told by its length and its guard pages")
  void oldStack() throws IOException {
    file(
        "mm-42.img",
        new Bytes()
            .inner(14, area(0x10000, 0x20000, ANONYMOUS, 0))
            .inner(14, area(0x7efffffe0000L, 0x7efffffe4000L, ANONYMOUS, 0).number(5, 0))
            .inner(14, area(0x7efffffe4000L, 0x7effffff4000L, ANONYMOUS, 0).number(5, 3))
            .inner(14, area(0x7effffffc000L, 0x7f0000000000L, ANONYMOUS, 0).number(5, 0))
            .inner(14, area(0x7f0000000000L, 0x7f0000010000L, ANONYMOUS, 0).number(5, 3)));
    file(
        "pagemap-42.img",
        new Bytes().number(1, 1),
        pages(0x11000, 2, 4), // as long, without guard pages
        pages(0x7effffff0000L, 3, 4),
        pages(0x7f0000008000L, 4, 4));
    assertThat(ImageMemory.read(folder, Map.of()))
        .extracting(Region::kind, Region::bytes)
        .containsExactly(
            tuple(Kind.OTHER, 2L * 4096),
            tuple(Kind.THREAD_STACKS, 3L * 4096),
            tuple(Kind.THREAD_STACKS, 4L * 4096));
  }

  @Test
  @DisplayName("of ZGC's heap is found in its memory file")
  void memoryFile() throws IOException {
    byte[] name = "java_heap".getBytes(StandardCharsets.UTF_8);
    file("memfd.img", new Bytes().inner(1, name).number(5, 77));
    file("pagemap-shmem-77.img", new Bytes().number(1, 1), pages(0, 9, 4));
    assertThat(ImageMemory.read(folder, Map.of()))
        .containsExactly(new Region(Kind.HEAP, "java_heap", 0, 9 * 4096, 9 * 4096));
  }

  @Test
  @DisplayName("is refused where page map and pages do not agree, or a file is cut off")
  void damaged() throws IOException {
    file("pagemap-42.img", new Bytes().number(1, 1), pages(0x11000, 4, 4));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ImageMemory.read(folder, Map.of()))
        .withMessageContaining("pages-1.img has 36864 bytes for 4 pages");
    byte[] whole = Files.readAllBytes(folder.resolve("pagemap-42.img"));
    Files.write(folder.resolve("pagemap-42.img"), Arrays.copyOf(whole, whole.length - 2));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ImageMemory.read(folder, Map.of()));
  }
}
