/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.image.Machine;
import dev.cracadapters.criu.mapping.MapMemory;
import dev.cracadapters.criu.memory.MemoryLayout;
import dev.cracadapters.criu.memory.OlderMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the dump script needs to arrange memory for mapping: the classes of {@link MapMemory}, which
 * it runs in a JVM of its own, and where the JVM has its heap, its metaspace and the collector's
 * tables, and the C library its arenas. No other memory is mapped: what a library gives back by
 * {@code MADV_DONTNEED}, and takes for zeros then, would be what it was at the checkpoint. Nobody
 * does so with these (see docs/engine.md). A large block of {@code malloc} has a mapping of its own
 * that {@code realloc} moves and makes longer, into what follows in the file.
 */
final class MappedMemory {

  /** Of the package: a jar inside of another one cannot be listed. */
  static final List<String> CLASSES =
      List.of(
          "Area",
          "BlockSums",
          "ContentCopy",
          "ContentCopy$Target",
          "DenseRuns",
          "Extent",
          "ImageFiles",
          "MapMemory",
          "Message",
          "Message$Field",
          "PageMap",
          "Range");

  private static final List<String> AREAS = List.of("heap", "metaspace", "collectorTables");

  private MappedMemory() {}

  /** Writes the classes into the staging folder, where they are needed. */
  static Map<String, String> prepare(
      Path staging, CriuSettings settings, Machine machine, boolean encrypted) throws IOException {
    List<String> ranges = new ArrayList<>();
    if (settings.map() == CriuSettings.Mapping.ON && !encrypted) {
      Map<String, List<String>> areas = MemoryLayout.current().areas();
      AREAS.forEach(name -> ranges.addAll(areas.getOrDefault(name, List.of())));
      ranges.addAll(MemoryLayout.arenas());
    }
    List<String> older = OlderMemory.ranges();
    if (!ranges.isEmpty() || !older.isEmpty()) {
      writeClasses(staging.resolve("classes"));
    }
    return Map.of(
        "map_ranges",
        String.join(" ", ranges),
        "older_ranges",
        String.join(" ", older),
        "java_home",
        machine.javaHome().toString());
  }

  private static void writeClasses(Path folder) throws IOException {
    String name = MapMemory.class.getPackageName().replace('.', '/');
    Path target = Files.createDirectories(folder.resolve(name));
    for (String type : CLASSES) {
      try (InputStream bytes = MapMemory.class.getResourceAsStream(type + ".class")) {
        if (bytes == null) {
          throw new IOException("The class " + type + " is not in the jar of crac-criu");
        }
        Files.copy(bytes, target.resolve(type + ".class"));
      }
    }
  }
}
