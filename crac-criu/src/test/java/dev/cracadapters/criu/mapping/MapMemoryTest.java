/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The program that arranges an image's memory for mapping")
class MapMemoryTest {

  private static final int PAGE = 4096;
  private static final long BASE = 0x7f0000000000L;
  private static final int ANONYMOUS = 1 | 1 << 9;
  private static final int MAPPED = 1 | 1 << 6;
  private static final int READ_WRITE = 3;

  @TempDir Path folder;
  private Path from;
  private Path to;

  /** A page's number since BASE, and its content. */
  private final List<byte[]> content = new ArrayList<>();

  private final List<Message> map = new ArrayList<>();
  private final List<Message> areas = new ArrayList<>();
  private final ByteArrayOutputStream pages = new ByteArrayOutputStream();
  private final Random random = new Random(5);

  @BeforeEach
  void makeFolders() throws IOException {
    from = Files.createDirectory(folder.resolve("criu"));
    to = from.resolve("mapped");
    map.add(Message.empty().with(1, 1));
  }

  /** Pages side by side that have content, counted from BASE. */
  private void pages(long first, int count) {
    map.add(
        Message.empty()
            .with(1, BASE + first * PAGE)
            .with(2, count)
            .with(4, 4)
            .with(5, count)
            .with(99, 7)); // of a later CRIU
    byte[] bytes = new byte[count * PAGE];
    random.nextBytes(bytes);
    pages.writeBytes(bytes);
    while (content.size() < first + count) {
      content.add(new byte[0]);
    }
    for (int i = 0; i < count; i++) {
      content.set((int) first + i, Arrays.copyOfRange(bytes, i * PAGE, (i + 1) * PAGE));
    }
  }

  private void area(long first, long count, int protection, int flags, int status) {
    areas.add(
        Message.empty()
            .with(1, BASE + first * PAGE)
            .with(2, BASE + (first + count) * PAGE)
            .with(3, 0)
            .with(4, 0)
            .with(5, protection)
            .with(6, flags)
            .with(7, status)
            .with(8, -1)
            .with(88, 5));
  }

  private void run(String... more) throws IOException {
    byte[] head = Message.little(0x1234567854564319L, 8);
    Path like = Files.write(folder.resolve("like"), head);
    ImageFiles.write(from.resolve("pagemap-7.img"), like, map);
    ImageFiles.write(from.resolve("mm-7.img"), like, List.of(Message.empty().with(14, areas)));
    ImageFiles.write(
        from.resolve("files.img"), like, List.of(ImageFiles.regular(41, "/usr/bin/java")));
    Files.write(from.resolve("pages-1.img"), pages.toByteArray());
    List<String> arguments = new ArrayList<>(List.of("from=" + from, "to=" + to, "pid=7"));
    arguments.addAll(List.of("least=" + 8 * PAGE, "gap=" + 2 * PAGE));
    arguments.addAll(List.of(more));
    MapMemory.main(arguments.toArray(String[]::new));
  }

  private static String range(long first, long count) {
    return Long.toHexString(BASE + first * PAGE)
        + "-"
        + Long.toHexString(BASE + (first + count) * PAGE);
  }

  /** What a restore would find at a page, by the maps that were made. */
  private byte[] restored(long number) throws IOException {
    long address = BASE + number * PAGE;
    PageMap made = PageMap.read(to.resolve("pagemap-7.img"));
    for (Extent extent : made.extents()) {
      Range common = extent.range().common(new Range(address, address + PAGE));
      if (!common.isEmpty()) {
        return read(to.resolve(made.pagesFile()), extent.within(common).offset());
      }
    }
    for (Message area : newAreas()) {
      Range range = new Area(area).range();
      if (range.start() <= address && address < range.end() && area.number(7) == MAPPED) {
        byte[] page = read(to.resolve("memory"), area.number(3) + address - range.start());
        return Arrays.equals(page, new byte[PAGE]) ? new byte[0] : page;
      }
    }
    return new byte[0];
  }

  private List<Message> newAreas() throws IOException {
    return Message.read(to.resolve("mm-7.img")).get(0).messages(14);
  }

  private static byte[] read(Path file, long offset) throws IOException {
    ByteBuffer page = ByteBuffer.allocate(PAGE);
    try (var channel = Files.newByteChannel(file)) {
      channel.position(offset).read(page);
    }
    return page.array();
  }

  private void assertContentIsThere() throws IOException {
    for (int i = 0; i < content.size(); i++) {
      assertThat(restored(i)).as("page " + i).isEqualTo(content.get(i));
    }
  }

  @Test
  @DisplayName("maps runs with their small gaps, leaves the rest to be read, and loses nothing")
  void runs() throws IOException {
    area(0, 100, READ_WRITE, 0x22, ANONYMOUS);
    area(100, 50, READ_WRITE, 0x4022, ANONYMOUS);
    pages(2, 6);
    pages(10, 4); // with a gap of two before it
    pages(30, 3); // alone
    pages(90, 20); // across both areas
    run("ranges=" + range(0, 150));
    assertContentIsThere();
    assertThat(newAreas())
        .extracting(area -> (area.number(1) - BASE) / PAGE, area -> area.number(7))
        .containsExactly(
            tuple(0L, (long) ANONYMOUS),
            tuple(2L, (long) MAPPED),
            tuple(14L, (long) ANONYMOUS),
            tuple(90L, (long) MAPPED),
            tuple(100L, (long) MAPPED),
            tuple(110L, (long) ANONYMOUS));
    assertThat(newAreas()).allMatch(area -> area.number(88) == 5);
    Message mapped = newAreas().get(4);
    assertThat(mapped.number(6)).isEqualTo(0x4002); // no MAP_ANONYMOUS, and MAP_NORESERVE as before
    assertThat(mapped.number(4)).isEqualTo(42);
    List<Message> files = Message.read(to.resolve("files.img"));
    assertThat(files).hasSize(2);
    assertThat(files.get(1).messages(3).get(0).text(6)).isEqualTo("/crac-memory");
    assertThat(Message.read(to.resolve("pagemap-7.img")).get(1).number(99)).isEqualTo(7);
  }

  @Test
  @DisplayName("maps no code, no stack, nothing that is locked, and nothing outside of the ranges")
  void others() throws IOException {
    area(0, 10, READ_WRITE | 4, 0x22, ANONYMOUS);
    area(10, 10, READ_WRITE, 0x122, ANONYMOUS);
    area(20, 10, READ_WRITE, 0x2022, ANONYMOUS);
    area(30, 10, READ_WRITE, 0x22, ANONYMOUS | 1 << 5);
    area(40, 10, READ_WRITE, 0x02, MAPPED);
    area(50, 10, READ_WRITE, 0x22, ANONYMOUS);
    for (int i = 0; i < 60; i += 10) {
      pages(i, 10);
    }
    run("ranges=" + range(0, 50));
    assertContentIsThere();
    assertThat(to.resolve("memory")).doesNotExist();
    assertThat(newAreas()).hasSize(6);
    assertThat(Files.readAllBytes(to.resolve("files.img")))
        .isEqualTo(Files.readAllBytes(from.resolve("files.img")));
  }

  @Test
  @DisplayName("takes memory once that is told as a whole and in parts")
  void overlapping() throws IOException {
    area(0, 100, READ_WRITE, 0x22, ANONYMOUS);
    pages(2, 20);
    pages(40, 20);
    pages(70, 3); // to be read
    run("ranges=" + String.join(" ", range(60, 40), range(4, 30), range(0, 60), range(0, 4)));
    assertContentIsThere();
    assertThat(newAreas())
        .extracting(area -> (area.number(1) - BASE) / PAGE, area -> area.number(7))
        .containsExactly(
            tuple(0L, (long) ANONYMOUS),
            tuple(2L, (long) MAPPED),
            tuple(22L, (long) ANONYMOUS),
            tuple(40L, (long) MAPPED),
            tuple(60L, (long) ANONYMOUS));
    assertThat(newAreas().get(3).number(3)).isLessThan(48L * PAGE); // each begins at 64 KB
    assertThat(to.resolve("memory.sums")).content().hasLineCount(1);
    BlockSums.check(to.resolve("memory"));
  }

  @Test
  @DisplayName("does not take an image whose pages are in another one")
  void parent() throws IOException {
    area(0, 10, READ_WRITE, 0x22, ANONYMOUS);
    pages(0, 5);
    map.add(Message.empty().with(1, BASE + 5 * PAGE).with(2, 1).with(4, 1));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> run("ranges=" + range(0, 10)))
        .withMessageContaining("leaves pages to another image");
  }
}
