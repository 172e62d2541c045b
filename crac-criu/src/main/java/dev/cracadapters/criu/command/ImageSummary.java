/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.command.Region.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an image folder tells of itself.
 *
 * @param folder where it is
 * @param manifest what {@code manifest.json} says
 * @param regions where the bytes of the process's memory are
 */
record ImageSummary(Path folder, Map<String, Object> manifest, List<Region> regions) {

  private static final int HEX = 16;

  static ImageSummary of(Path folder) throws RefusedException {
    if (!Files.isRegularFile(folder.resolve("manifest.json"))
        || !Files.isDirectory(folder.resolve("criu"))) {
      throw new RefusedException(
          folder.toString(),
          "it is no image: it has no manifest.json, or no folder criu",
          "Name a folder that a checkpoint wrote");
    }
    try {
      Map<String, Object> manifest = manifest(folder.resolve("manifest.json"));
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

  /** All files of CRIU's. */
  long imageBytes() {
    return manifest.get("imageBytes") instanceof Long bytes ? bytes : -1;
  }

  List<?> list(String name) {
    return manifest.get(name) instanceof List<?> list ? list : List.of();
  }

  String text(String name) {
    return String.valueOf(manifest.getOrDefault(name, "unknown"));
  }

  private static Map<Kind, List<long[]>> layout(Map<String, Object> manifest) {
    Map<Kind, List<long[]>> layout = new EnumMap<>(Kind.class);
    if (manifest.get("memory") instanceof Map<?, ?> memory) {
      for (Kind kind : List.of(Kind.HEAP, Kind.METASPACE, Kind.CODE_CACHE)) {
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

  private static Map<String, Object> manifest(Path file) throws IOException {
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      json.nextToken();
      if (value(json) instanceof Map<?, ?> values) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        values.forEach((name, value) -> manifest.put((String) name, value));
        return manifest;
      }
      throw new IOException(file + " is no JSON object");
    }
  }

  private static @Nullable Object value(JsonParser json) throws IOException {
    JsonToken token = json.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        values.put(name, value(json));
      }
      return values;
    }
    if (token == JsonToken.START_ARRAY) {
      List<@Nullable Object> values = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        values.add(value(json));
      }
      return values;
    }
    if (token == JsonToken.VALUE_NUMBER_INT) {
      return json.getLongValue();
    }
    return token == JsonToken.VALUE_NULL ? null : json.getText();
  }
}
