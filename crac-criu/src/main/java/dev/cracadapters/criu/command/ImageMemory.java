/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.criu.command.Region.Kind;
import dev.cracadapters.criu.mapping.MapMemory;
import dev.cracadapters.criu.mapping.Message;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where the bytes of an image are, by CRIU's page maps, its memory maps, and the manifest, which
 * tells where the JVM has its heap. The numbers are those of CRIU's {@code images/*.proto}.
 */
final class ImageMemory {

  private static final int PAGE_PRESENT = 4;
  private static final int VMA_FILE = 1 << 6 | 1 << 7;
  private static final int VMA_STACK = 1 << 1;
  private static final int VMA_ANONYMOUS = 1 << 9;

  /** Pages within another area that must not be touched (madvise): no memory of their own. */
  private static final int VMA_GUARD = 1 << 16;

  private static final String UNKNOWN = "unknown";

  private static final long LARGEST_DATA = 2 << 20;
  private static final Set<Long> PAGE_SIZES = Set.of(4096L, 16384L, 65536L);

  private final Path folder;
  private final Map<Kind, List<long[]>> layout;
  private final List<Region> regions = new ArrayList<>();

  private ImageMemory(Path folder, Map<Kind, List<long[]>> layout) {
    this.folder = folder;
    this.layout = layout;
  }

  /**
   * All memory that is in the image; the sum of its bytes is that of the pages files, and of what
   * is mapped.
   */
  static List<Region> read(Path criuFolder, Map<Kind, List<long[]>> layout) throws IOException {
    ImageMemory memory = new ImageMemory(criuFolder, layout);
    for (Path map : memory.files("pagemap-*.img")) {
      String id = map.getFileName().toString().replaceAll("^pagemap-|\\.img$", "");
      if (id.startsWith("shmem-")) {
        memory.shared(map, Long.parseLong(id.substring("shmem-".length())));
      } else {
        memory.process(map, id);
      }
    }
    return memory.regions;
  }

  private List<Path> files(String pattern) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
      files.forEach(found::add);
    }
    found.sort(null);
    return found;
  }

  /** Address and length of each run of pages. */
  private List<long[]> pages(Path map) throws IOException {
    List<Message> messages = Message.read(map);
    if (messages.isEmpty()) {
      throw new IOException(map + " is empty");
    }
    Path pages = folder.resolve("pages-" + messages.get(0).number(1) + ".img");
    List<long[]> runs = new ArrayList<>();
    long count = 0;
    for (Message entry : messages.subList(1, messages.size())) {
      // Before CRIU had flags each entry that is not in a parent image was present.
      boolean present = entry.has(4) ? (entry.number(4) & PAGE_PRESENT) != 0 : entry.number(3) == 0;
      if (present) {
        long number = entry.has(5) ? entry.number(5) : entry.number(2);
        runs.add(new long[] {entry.number(1), number});
        count += number;
      }
    }
    long bytes = Files.exists(pages) ? Files.size(pages) : 0;
    if (count == 0 && bytes == 0) {
      return runs;
    }
    if (count == 0 || bytes % count != 0 || !PAGE_SIZES.contains(bytes / count)) {
      throw new IOException("%s has %d bytes for %d pages".formatted(pages, bytes, count));
    }
    long pageSize = bytes / count;
    runs.forEach(run -> run[1] *= pageSize);
    return runs;
  }

  private void shared(Path map, long id) throws IOException {
    String name = "";
    Path memoryFiles = folder.resolve("memfd.img");
    if (Files.exists(memoryFiles)) {
      for (Message file : Message.read(memoryFiles)) {
        name = file.number(5) == id ? file.text(1) : name;
      }
    }
    // ZGC's; its name is the same from JDK 11 on.
    Kind kind = name.contains("java_heap") ? Kind.HEAP : Kind.OTHER;
    for (long[] run : pages(map)) {
      regions.add(new Region(kind, name, run[0], run[0] + run[1], run[1]));
    }
  }

  private void process(Path map, String pid) throws IOException {
    TreeMap<Long, Region> areas = new TreeMap<>(Long::compareUnsigned);
    TreeSet<Long> stackPointers = stackPointers();
    Map<Long, String> names = fileNames();
    Region before = new Region(Kind.OTHER, "", 0, 0, 0);
    Set<Long> guarded = new HashSet<>();
    List<long[]> runs = pages(map);
    for (Message process : Message.read(folder.resolve("mm-" + pid + ".img"))) {
      for (Message area : process.messages(14)) {
        if ((area.number(7) & VMA_GUARD) == 0) {
          before = area(area, names, stackPointers, before);
          areas.put(before.start(), before);
          if (before.name().isEmpty() && (area.number(7) & VMA_FILE) != 0) {
            runs.add(new long[] {before.start(), before.end() - before.start()});
          }
          if (area.number(5) == 0) {
            guarded.add(before.end());
          }
        }
      }
    }
    markOldStacks(areas, guarded);
    Map<Region, Long> bytes = new HashMap<>();
    for (long[] run : runs) {
      long address = run[0];
      long end = run[0] + run[1];
      while (Long.compareUnsigned(address, end) < 0) {
        Map.Entry<Long, Region> entry = areas.floorEntry(address);
        if (entry == null || Long.compareUnsigned(address, entry.getValue().end()) >= 0) {
          throw new IOException("%s has a page at %x, where no memory is".formatted(map, address));
        }
        address = add(bytes, entry.getValue(), address, end);
      }
    }
    bytes.forEach(
        (area, count) ->
            regions.add(new Region(area.kind(), area.name(), area.start(), area.end(), count)));
    regions.sort((one, other) -> Long.compareUnsigned(one.start(), other.start()));
  }

  /**
   * Counts the bytes from an address to where the area, or what the JVM has there, ends: the JVM's
   * own areas lie side by side in one mapping.
   */
  private long add(Map<Region, Long> bytes, Region area, long address, long end) {
    long stop = least(end, area.end());
    for (Map.Entry<Kind, List<long[]>> ranges : layout.entrySet()) {
      for (long[] range : ranges.getValue()) {
        if (isIn(address, range[0], range[1]) && area.name().isEmpty()) {
          long last = least(stop, range[1]);
          Region part = new Region(ranges.getKey(), "", range[0], range[1], 0);
          bytes.merge(part, last - address, Long::sum);
          return last;
        }
        stop = isIn(range[0], address + 1, stop) ? range[0] : stop;
      }
    }
    bytes.merge(area, stop - address, Long::sum);
    return stop;
  }

  private static long least(long one, long other) {
    return Long.compareUnsigned(one, other) < 0 ? one : other;
  }

  private static boolean isIn(long address, long start, long end) {
    return Long.compareUnsigned(address, start) >= 0 && Long.compareUnsigned(address, end) < 0;
  }

  private static Region area(
      Message area, Map<Long, String> names, TreeSet<Long> stackPointers, Region before) {
    long start = area.number(1);
    long end = area.number(2);
    long status = area.number(7);
    if ((status & VMA_FILE) != 0) {
      String name = names.getOrDefault(area.number(4), UNKNOWN);
      if (name.equals(MapMemory.NAME)) {
        return new Region(Kind.OTHER, "", start, end, 0);
      }
      Kind kind =
          name.contains(".jsa")
              ? Kind.SHARED_CLASSES
              : name.matches(".*\\.so(\\.[0-9.]*)?") || name.endsWith("/bin/java")
                  ? Kind.LIBRARIES
                  : Kind.OTHER_FILES;
      return new Region(kind, name, start, end, 0);
    }
    Long pointer = stackPointers.ceiling(start);
    boolean isStack =
        (status & VMA_STACK) != 0 || pointer != null && Long.compareUnsigned(pointer, end) < 0;
    if (isStack) {
      return new Region(Kind.THREAD_STACKS, "", start, end, 0);
    }
    // What follows a library without a gap is its uninitialised data, unless it is large.
    boolean isLibrarys =
        before.kind() == Kind.LIBRARIES
            && before.end() == start
            && end - start <= LARGEST_DATA
            && (status & VMA_ANONYMOUS) != 0;
    return new Region(isLibrarys ? Kind.LIBRARIES : Kind.OTHER, "", start, end, 0);
  }

  /**
   * The C library keeps the stacks of threads that have ended for new ones: they are as long as
   * those in use, and follow pages that nobody may touch.
   */
  private static void markOldStacks(TreeMap<Long, Region> areas, Set<Long> guarded) {
    Set<Long> lengths = new HashSet<>();
    areas.forEach(
        (start, area) -> {
          if (area.kind() == Kind.THREAD_STACKS && guarded.contains(start)) {
            lengths.add(area.end() - start);
          }
        });
    areas.replaceAll(
        (start, area) ->
            area.kind() == Kind.OTHER
                    && guarded.contains(start)
                    && lengths.contains(area.end() - start)
                ? new Region(Kind.THREAD_STACKS, "", start, area.end(), 0)
                : area);
  }

  private Map<Long, String> fileNames() throws IOException {
    Map<Long, String> names = new HashMap<>();
    for (Message file : Message.read(folder.resolve("files.img"))) {
      for (Message regular : file.messages(3)) {
        names.put(regular.number(1), regular.text(6));
      }
    }
    return names;
  }

  /** Of every thread. */
  private TreeSet<Long> stackPointers() throws IOException {
    TreeSet<Long> pointers = new TreeSet<>(Long::compareUnsigned);
    for (Path core : files("core-*.img")) {
      for (Message thread : Message.read(core)) {
        for (Message registers : thread.messages(2, 2)) {
          pointers.add(registers.number(20)); // x86-64
        }
        for (Message registers : thread.messages(8, 3)) {
          pointers.add(registers.number(2)); // AArch64
        }
      }
    }
    return pointers;
  }
}
