/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.command.Region.Kind;
import dev.cracadapters.criu.image.Json;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an image folder tells of itself: its manifest, and where the memory's bytes are. */
record ImageSummary(Path folder, Map<String, @Nullable Object> manifest, List<Region> regions) {

  private static final int HEX = 16;

  /** Of which the manifest has the ranges. */
  private static final List<Kind> TOLD =
      List.of(Kind.HEAP, Kind.METASPACE, Kind.CODE_CACHE, Kind.COLLECTOR_TABLES, Kind.NATIVE_HEAP);

  static ImageSummary of(Path folder) throws RefusedException {
    if (!Files.isRegularFile(folder.resolve("manifest.json"))
        || !Files.isDirectory(folder.resolve("criu"))) {
      throw new RefusedException(
          folder.toString(),
          "it is no image: it has no manifest.json, or no folder criu",
          "Name a folder that a checkpoint wrote");
    }
    try (Reader text = Files.newBufferedReader(folder.resolve("manifest.json"))) {
      Map<String, @Nullable Object> manifest = Json.read(text);
      return new ImageSummary(
          folder, manifest, ImageMemory.read(folder.resolve("criu"), layout(manifest)));
    } catch (IOException | NumberFormatException | ClassCastException e) {
      throw new RefusedException(
          folder.toString(),
          "it cannot be read (" + e.getMessage() + ")",
          "See what crac-criu check says of it, and take a new checkpoint",
          e);
    }
  }

  /** The bytes of each kind of memory, all kinds in their order. */
  Map<Kind, Long> bytes() {
    Map<Kind, Long> bytes = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      bytes.put(kind, 0L);
    }
    regions.forEach(region -> bytes.merge(region.kind(), region.bytes(), Long::sum));
    return bytes;
  }

  /** What of the native heap the JVM counts, by name; none in an image of an older engine. */
  Map<String, Long> allocated() {
    Map<String, Long> allocated = new LinkedHashMap<>();
    if (manifest.get("allocatedBytes") instanceof Map<?, ?> counted) {
      counted.forEach((name, bytes) -> allocated.put(name.toString(), (Long) bytes));
    }
    return allocated;
  }

  /** All files of CRIU's. */
  long imageBytes() {
    return manifest.get("imageBytes") instanceof Long bytes ? bytes : -1;
  }

  List<?> list(String name) {
    return manifest.get(name) instanceof List<?> list ? list : List.of();
  }

  String text(String name) {
    return text(name, "unknown");
  }

  String text(String name, String otherwise) {
    return String.valueOf(manifest.getOrDefault(name, otherwise));
  }

  private static Map<Kind, List<long[]>> layout(Map<String, @Nullable Object> manifest) {
    Map<Kind, List<long[]>> layout = new EnumMap<>(Kind.class);
    if (manifest.get("memory") instanceof Map<?, ?> memory) {
      for (Kind kind : TOLD) {
        List<long[]> ranges = new ArrayList<>();
        if (memory.get(kind.key()) instanceof List<?> texts) {
          for (Object text : texts) {
            String[] ends = text.toString().split("-");
            ranges.add(
                new long[] {
                  Long.parseUnsignedLong(ends[0], HEX), Long.parseUnsignedLong(ends[1], HEX)
                });
          }
        }
        layout.put(kind, ranges);
      }
    }
    return layout;
  }
}
