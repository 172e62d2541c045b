/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The native heap")
class NativeHeapTest {

  private static final int LARGE = 40 << 20; // above any size that glibc takes out of an arena

  /** Numbers by their addresses; there is nothing at any other address. */
  private static NativeHeap.Memory memory(Map<Long, long[]> numbers) {
    return (address, count) -> {
      if (!numbers.containsKey(address)) {
        throw new IOException("nothing is there");
      }
      return Arrays.copyOf(numbers.get(address), count);
    };
  }

  @Test
  @DisplayName("is the main arena, the others, and large blocks, as the C library marks them")
  void ranges() {
    long arena = 0x7f0004000000L;
    long next = 0x7f0008000000L;
    assertThat(
            NativeHeap.ranges(
                List.of(
                    "55d000000000-55d000021000 rw-p 00000000 00:00 0   [heap]",
                    // A heap that is full, and the one after it, in one mapping.
                    "7f0004000000-7f0008200000 rw-p 00000000 00:00 0 ",
                    "7f0008200000-7f000c000000 ---p 00000000 00:00 0 ",
                    // As aligned, and no arena: what it says is not how long it is.
                    "7f0010000000-7f0010300000 rw-p 00000000 00:00 0 ",
                    // Two blocks, and a stack that happens to follow them.
                    "7f0020001000-7f0020008000 rw-p 00000000 00:00 0 ",
                    "7f0030000000-7f0030001000 rw-p 00000000 00:00 0 ",
                    "7f0040000000-7f0040001000 rwxp 00000000 00:00 0 ",
                    "7f0050000000-7f0050001000 rw-p 00000000 08:01 77 /lib/library.so"),
                memory(
                    Map.of(
                        arena,
                        new long[] {arena + 0x30, 0, 64 << 20, 64 << 20},
                        next,
                        new long[] {arena + 0x30, arena, 0x100000, 0x200000},
                        0x7f0010000000L,
                        new long[] {0x7f0010000030L, 0, 0x100000, 0x200000},
                        0x7f0020001000L,
                        new long[] {0, 0x2000 | 2},
                        0x7f0020003000L,
                        new long[] {0, 0x1000 | 2},
                        0x7f0020004000L,
                        new long[] {0, 0x1000 | 1},
                        0x7f0040000000L,
                        new long[] {0, 0x1000 | 2},
                        0x7f0050000000L,
                        new long[] {0, 0x1000 | 2}))))
        .containsExactly(
            "55d000000000-55d000021000",
            "7f0004000000-7f0008000000",
            "7f0008000000-7f000c000000",
            "7f0020001000-7f0020004000");
  }

  @Test
  @DisplayName(
      "is found where it is mapped in parts from an image: of the arenas nothing else is told")
  void mapped() {
    List<String> maps =
        List.of(
            "7f0004000000-7f0004001000 rw-p 00000000 00:00 0 ",
            "7f0004001000-7f0004150000 rw-p 00010000 08:01 77   /an image/memory (deleted)",
            "7f0004150000-7f0004200000 rw-p 00000000 00:00 0 ",
            "7f0004200000-7f0008000000 ---p 00000000 00:00 0 ",
            "7f0020000000-7f0020100000 rw-p 00170000 08:01 77   /an image/memory (deleted)",
            "7f0020100000-7f0020103000 rw-p 00000000 00:00 0 ",
            // Not its own arena's first heap.
            "7f0030000000-7f0030200000 rw-p 00000000 00:00 0 ");
    NativeHeap.Memory memory =
        memory(
            Map.of(
                0x7f0004000000L,
                new long[] {0x7f0004000030L, 0, 0x100000, 0x200000},
                0x7f0020100000L,
                new long[] {0, 0x3000 | 2},
                0x7f0030000000L,
                new long[] {0x7f0004000030L, 0, 0x100000, 0x200000}));
    assertThat(NativeHeap.ranges(maps, memory))
        .containsExactly("7f0004000000-7f0008000000", "7f0020100000-7f0020103000");
    assertThat(NativeHeap.arenas(maps, memory)).containsExactly("7f0004000000-7f0008000000");
  }

  @Test
  @DisplayName("of this JVM has what it allocates, byte by byte")
  void ofThisJvm() throws IOException {
    List<String> before = NativeHeap.ranges(Proc.self().lines("maps"));
    ByteBuffer buffer = ByteBuffer.allocateDirect(LARGE);
    List<String> after = NativeHeap.ranges(Proc.self().lines("maps"));
    // Not by the sum: what other tests of this JVM had allocated may be freed in between.
    assertThat(after)
        .filteredOn(range -> !before.contains(range))
        .anyMatch(range -> bytes(range) >= buffer.capacity());
    assertThat(before.stream().mapToLong(NativeHeapTest::bytes).sum())
        .isGreaterThan(NativeHeap.ARENA_BYTES); // some thread has an arena
  }

  private static long bytes(String range) {
    String[] ends = range.split("-");
    return Long.parseLong(ends[1], 16) - Long.parseLong(ends[0], 16);
  }
}
