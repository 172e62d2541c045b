/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Rewrites the image of one process that CRIU holds: dense runs of its private anonymous memory
 * become private mappings of one file, and are no pages to be read any more. What the process
 * itself has mapped from the file of an older image comes into the new one with it, for CRIU has
 * written those pages alone that have changed since.
 *
 * <p>What is made lies in a folder of its own, to be moved: {@code memory} and the sums of its
 * blocks, where anything is mapped, and the files of CRIU's that take the place of those of their
 * names.
 */
public final class MapMemory {

  private static final int AREAS = 14;
  private static final String MEMORY = "memory";
  private static final String SUMS = "memory.sums";

  /** The kernel maps that much around a page where it is read; see fault-around in mm/memory.c. */
  private static final long ALIGNMENT = 1 << 16;

  /** The name of the file in CRIU's list, by which the restore script gives it: --inherit-fd. */
  public static final String NAME = "/crac-memory";

  private static final FileAttribute<?> OWNER_READS =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r--------"));

  private final Path from;
  private final Path to;
  private final String pid;
  private final PageMap pageMap;
  private final List<Message> files;
  private final List<Message> process;
  private final List<Area> areas = new ArrayList<>();
  private final List<Extent> extents = new ArrayList<>();

  /** What is mapped, by its first address, and where in the file. */
  private final NavigableMap<Long, Range> runs = new TreeMap<>();

  private final Map<Range, Long> offsets = new HashMap<>();

  private MapMemory(Map<String, String> given) throws IOException {
    from = Path.of(given.getOrDefault("from", "criu"));
    to = Path.of(given.getOrDefault("to", "mapped"));
    pid = given.getOrDefault("pid", "");
    pageMap = PageMap.read(from.resolve("pagemap-" + pid + ".img"));
    files = Message.read(from.resolve("files.img"));
    process = Message.read(from.resolve("mm-" + pid + ".img"));
  }

  /**
   * Each as NAME=VALUE: {@code from} and {@code to}, the folders; {@code pid}; {@code least} and
   * {@code gap}, see {@link DenseRuns}; {@code ranges}, the memory that may be mapped; {@code
   * older}, the names by which CRIU lists the files of older images that the process has mapped;
   * {@code files}, these files. Prints how many mappings there are and of how many bytes.
   */
  public static void main(String[] arguments) throws IOException {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      given.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    List<Range> ranges =
        Range.apart(words(given.getOrDefault("ranges", "")).map(Range::of).toList());
    DenseRuns dense =
        new DenseRuns(
            Long.parseLong(given.getOrDefault("least", "1048576")),
            Long.parseLong(given.getOrDefault("gap", "262144")));
    for (String file : words(given.getOrDefault("files", "")).toList()) {
      BlockSums.check(Path.of(file)); // or what is damaged in it would have new sums
    }
    MapMemory mapping = new MapMemory(given);
    mapping.readAreas(words(given.getOrDefault("older", "")).toList());
    mapping.findRuns(dense, ranges);
    mapping.write();
    long bytes = mapping.runs.values().stream().mapToLong(Range::bytes).sum();
    System.out.println(mapping.runs.size() + " " + bytes);
  }

  private static Stream<String> words(String list) {
    return Stream.of(list.split("[ \n]+")).filter(word -> !word.isEmpty());
  }

  /** The mappings of older files are anonymous memory again, all of it with content. */
  private void readAreas(List<String> older) throws IOException {
    List<Long> ids = new ArrayList<>();
    for (String name : older) {
      ids.addAll(ImageFiles.ids(files, name));
    }
    List<Extent> written = pageMap.extents();
    int next = 0;
    for (Message entry : process.get(0).messages(AREAS)) {
      Area area = new Area(entry);
      Range range = area.range();
      boolean isOlder = ids.stream().anyMatch(area::isOfFile);
      areas.add(isOlder ? area.anonymous() : area);
      long done = range.start();
      for (; next < written.size() && written.get(next).range().start() < range.end(); next++) {
        Extent here = written.get(next).within(range);
        if (isOlder && done < here.range().start()) {
          extents.add(new Extent(new Range(done, here.range().start()), Extent.IN_PROCESS));
        }
        extents.add(here);
        done = here.range().end();
        if (written.get(next).range().end() > range.end()) {
          break; // it goes on in the next area
        }
      }
      if (isOlder && done < range.end()) {
        extents.add(new Extent(new Range(done, range.end()), Extent.IN_PROCESS));
      }
    }
  }

  private void findRuns(DenseRuns dense, List<Range> ranges) {
    long end = 0;
    for (Area area : areas) {
      if (!area.canBeMapped()) {
        continue;
      }
      for (Range range : ranges) {
        Range here = range.common(area.range());
        if (here.isEmpty()) {
          continue;
        }
        for (Range run : dense.in(here, extents)) {
          // As far behind a multiple as it is in memory.
          long offset = end + Math.floorMod(run.start() - end, ALIGNMENT);
          runs.put(run.start(), run);
          offsets.put(run, offset);
          end = offset + run.bytes();
        }
      }
    }
  }

  private void write() throws IOException {
    Files.createDirectories(to);
    List<Range> pages = new ArrayList<>();
    try (ContentCopy copy =
            new ContentCopy(from.resolve(pageMap.pagesFile()), pid, pageMap.pageSize());
        FileChannel rest = create(to.resolve(pageMap.pagesFile()));
        FileChannel memory = create(to.resolve(MEMORY))) {
      long[] end = {0};
      for (Extent extent : extents) {
        long at = extent.range().start();
        while (at < extent.range().end()) {
          Map.Entry<Long, Range> floor = runs.floorEntry(at);
          Range behind = new Range(at, extent.range().end());
          if (floor != null && floor.getValue().end() > at) {
            Range run = floor.getValue();
            Extent part = extent.within(run.common(behind));
            copy.copy(part, memory, one -> offsets.get(run) + one.start() - run.start());
            at = part.range().end();
          } else {
            Long next = runs.higherKey(at);
            Range before = new Range(at, next == null ? Long.MAX_VALUE : next);
            Extent part = extent.within(before.common(behind));
            copy.copy(
                part,
                rest,
                one -> {
                  pages.add(one);
                  end[0] += one.bytes();
                  return end[0] - one.bytes();
                });
            at = part.range().end();
          }
        }
      }
      extend(memory);
      if (!runs.isEmpty()) {
        BlockSums.write(memory, to.resolve(SUMS));
      }
    }
    if (runs.isEmpty()) {
      Files.delete(to.resolve(MEMORY));
    }
    writeLists(pages);
  }

  /**
   * Up to the last run's end: a page of zeros there was not written, and behind a file is no
   * memory.
   */
  private void extend(FileChannel memory) throws IOException {
    long end =
        runs.values().stream().mapToLong(run -> offsets.get(run) + run.bytes()).max().orElse(0);
    if (memory.size() < end) {
      memory.write(ByteBuffer.allocate(1), end - 1);
    }
  }

  private static FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file,
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
        OWNER_READS);
  }

  private void writeLists(List<Range> pages) throws IOException {
    long id = ImageFiles.highestId(files) + 1;
    List<Message> split = new ArrayList<>();
    for (Area area : areas) {
      Range range = area.range();
      long at = range.start();
      for (Range run : runs.subMap(range.start(), Math.max(range.start(), range.end())).values()) {
        if (at < run.start()) {
          split.add(area.part(new Range(at, run.start())).entry());
        }
        split.add(area.part(run).mapped(id, offsets.get(run)).entry());
        at = run.end();
      }
      if (at != range.end()) {
        split.add(area.part(new Range(at, range.end())).entry());
      }
    }
    rewrite("pagemap-" + pid + ".img", pageMap.of(pages));
    rewrite("mm-" + pid + ".img", List.of(process.get(0).with(AREAS, split)));
    // At its end, for the dump script knows by now where some names stand in it.
    Path list = to.resolve("files.img");
    Files.copy(from.resolve("files.img"), list);
    if (!runs.isEmpty()) {
      try (OutputStream out = Files.newOutputStream(list, StandardOpenOption.APPEND)) {
        ImageFiles.append(out, List.of(ImageFiles.regular(id, NAME)));
      }
    }
  }

  private void rewrite(String name, List<Message> messages) throws IOException {
    ImageFiles.write(to.resolve(name), from.resolve(name), messages);
  }
}
