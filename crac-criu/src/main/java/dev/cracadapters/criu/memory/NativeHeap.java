/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

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

  private record Mapping(long start, long end, boolean anonymous, boolean older, String name) {

    /** Memory of one kind that was mapped in parts, see {@link OlderMemory}. */
    boolean goesOnIn(Mapping next) {
      return anonymous && next.anonymous && (older || next.older) && end == next.start;
    }
  }

  private NativeHeap() {}

  /** Of this process. */
  static List<String> ranges(List<String> maps) {
    return inThisProcess(memory -> ranges(maps, memory));
  }

  /** Those that are heaps of arenas. */
  static List<String> arenas(List<String> maps) {
    return inThisProcess(memory -> arenas(maps, memory));
  }

  private static List<String> inThisProcess(Function<Memory, List<String>> question) {
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      return question.apply(
          (address, count) -> {
            byte[] bytes = new byte[count * Long.BYTES];
            memory.seek(address);
            memory.readFully(bytes);
            long[] numbers = new long[count];
            ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).asLongBuffer().get(numbers);
            return numbers;
          });
    } catch (IOException e) { // a process that may not be looked into: java has capabilities
      return question.apply(
          (address, count) -> {
            throw e;
          });
    }
  }

  static List<String> ranges(List<String> maps, Memory memory) {
    List<String> ranges = new ArrayList<>();
    for (List<Mapping> parts : wholes(maps)) {
      Mapping first = parts.get(0);
      if (first.name.equals("[heap]")) {
        ranges.add(range(first.start, first.end));
      } else if (addArenas(whole(parts), memory, ranges) == first.start) {
        for (Mapping part : parts) {
          addBlocks(part, memory, ranges);
        }
      }
    }
    return ranges;
  }

  static List<String> arenas(List<String> maps, Memory memory) {
    List<String> ranges = new ArrayList<>();
    wholes(maps).forEach(parts -> addArenas(whole(parts), memory, ranges));
    return ranges;
  }

  /** What may be the native heap's, each as the parts that it is mapped in. */
  private static List<List<Mapping>> wholes(List<String> maps) {
    List<List<Mapping>> wholes = new ArrayList<>();
    Mapping before = new Mapping(0, 0, false, false, "");
    for (String line : maps) {
      Mapping mapping = mapping(line);
      if (before.goesOnIn(mapping)) {
        wholes.get(wholes.size() - 1).add(mapping);
      } else if (mapping.anonymous || mapping.name.equals("[heap]")) {
        wholes.add(new ArrayList<>(List.of(mapping)));
      }
      before = mapping;
    }
    return wholes;
  }

  private static Mapping whole(List<Mapping> parts) {
    Mapping first = parts.get(0);
    Mapping last = parts.get(parts.size() - 1);
    return new Mapping(first.start, last.end, first.anonymous, false, first.name);
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
          && (head[1] != 0 || head[0] > start && head[0] < start + PAGE) // the first has the arena
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
    boolean older = OlderMemory.isMapped(fields[1], name);
    return new Mapping(
        Long.parseUnsignedLong(line, 0, dash, HEX),
        Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), HEX),
        fields[1].equals("rw-p") && (fields[4].equals("0") && name.isEmpty() || older),
        older,
        name);
  }

  private static String range(long start, long end) {
    return Long.toHexString(start) + '-' + Long.toHexString(end);
  }
}
