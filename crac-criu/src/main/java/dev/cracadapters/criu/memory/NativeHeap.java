/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the C library keeps what the JVM and its libraries allocate, by what glibc's {@code malloc}
 * itself writes at the beginning of each such range: the heap that {@code /proc} names, the heaps
 * of the other arenas, and the large blocks that have mappings of their own. Nothing is guessed: of
 * another C library it finds the first alone.
 */
final class NativeHeap {

  /** glibc's HEAP_MAX_SIZE on 64 bits: the heaps of its arenas begin at multiples of it. */
  static final long ARENA_BYTES = 64L << 20;

  private static final int HEX = 16;
  private static final int PAGE = 4096;

  /** Of glibc's malloc_chunk: "this block is a mapping of its own", and the two other such bits. */
  private static final long IS_MAPPED = 2;

  private static final long ALL_FLAGS = 7;

  /** Memory at an address; an {@link IOException} where there is none. */
  interface Memory {
    /** As many numbers of 64 bits as there are asked for. */
    long[] read(long address, int count) throws IOException;
  }

  private record Mapping(long start, long end, boolean anonymous, String name) {}

  private NativeHeap() {}

  /** Of this process. */
  static List<String> ranges(List<String> maps) {
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      return ranges(
          maps,
          (address, count) -> {
            byte[] bytes = new byte[count * Long.BYTES];
            memory.seek(address);
            memory.readFully(bytes);
            long[] numbers = new long[count];
            ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asLongBuffer().get(numbers);
            return numbers;
          });
    } catch (IOException e) { // a process that may not be looked into: java has capabilities
      return ranges(
          maps,
          (address, count) -> {
            throw e;
          });
    }
  }

  static List<String> ranges(List<String> maps, Memory memory) {
    List<String> ranges = new ArrayList<>();
    for (String line : maps) {
      Mapping mapping = mapping(line);
      if (mapping.name.equals("[heap]")) {
        ranges.add(range(mapping.start, mapping.end));
      } else if (mapping.anonymous) {
        long last = addArenas(mapping, memory, ranges);
        if (last == mapping.start) {
          addBlocks(mapping, memory, ranges);
        }
      }
    }
    return ranges;
  }

  /** Two of them may lie side by side in one mapping. Returns where the last one ends. */
  private static long addArenas(Mapping mapping, Memory memory, List<String> ranges) {
    long last = mapping.start;
    long first = (mapping.start + ARENA_BYTES - 1) / ARENA_BYTES * ARENA_BYTES;
    for (long start = first; start < mapping.end; start += ARENA_BYTES) {
      long usable = Math.min(mapping.end, start + ARENA_BYTES) - start;
      if (isArena(start, usable, memory)) {
        last = start + ARENA_BYTES;
        ranges.add(range(start, last)); // it grows up to there
      }
    }
    return last;
  }

  /** glibc's heap_info: the arena, the heap before it, its size, and how much of it is usable. */
  private static boolean isArena(long start, long usable, Memory memory) {
    try {
      long[] head = memory.read(start, 4);
      return head[0] != 0
          && head[2] > 0
          && head[2] <= head[3]
          && head[3] == usable
          && (head[1] == 0 || head[1] % ARENA_BYTES == 0);
    } catch (IOException e) {
      return false;
    }
  }

  /** Those that lie side by side are one mapping. */
  private static void addBlocks(Mapping mapping, Memory memory, List<String> ranges) {
    long start = mapping.start;
    try {
      while (start < mapping.end) {
        long[] head = memory.read(start, 2);
        long size = head[1] & ~ALL_FLAGS;
        if (head[0] != 0
            || (head[1] & ALL_FLAGS) != IS_MAPPED
            || size == 0
            || size % PAGE != 0
            || size > mapping.end - start) {
          break;
        }
        start += size;
      }
    } catch (IOException e) {
      start = mapping.start;
    }
    if (start > mapping.start) {
      ranges.add(range(mapping.start, start));
    }
  }

  /** A line of proc(5)'s maps: range, permissions, offset, device, inode, name. */
  private static Mapping mapping(String line) {
    int dash = line.indexOf('-');
    String[] fields = line.split(" +", 6);
    String name = fields.length > 5 ? fields[5] : "";
    return new Mapping(
        Long.parseUnsignedLong(line, 0, dash, HEX),
        Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), HEX),
        fields[1].equals("rw-p") && fields[4].equals("0") && name.isEmpty(),
        name);
  }

  private static String range(long start, long end) {
    return Long.toHexString(start) + '-' + Long.toHexString(end);
  }
}
