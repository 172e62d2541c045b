/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.criu.process.DiagnosticCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the heap, the code cache and the metaspace lie, by the JVM's diagnostic commands: ranges by
 * name, each as {@code start-end} in hexadecimal digits. An image alone shows anonymous memory.
 * Nothing depends on it, and what a JVM words in another way is left out. ZGC's heap has no range:
 * it is a memory file, and known by its name.
 */
public record MemoryLayout(Map<String, List<String>> areas) {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryLayout.class);

  /** Start and end, with the committed or used end between them in some lines. */
  private static final Pattern RANGE =
      Pattern.compile("\\[0x([0-9a-f]+), (?:0x[0-9a-f]+, )?0x([0-9a-f]+)[)\\]]");

  private static final Pattern NODE =
      Pattern.compile("node #\\d+: base 0x([0-9a-f]+): reserved=(\\d+)\\.\\d+ KB");
  private static final int HEX = 16;
  private static final int KILO = 1024;

  public static MemoryLayout current() {
    Map<String, List<String>> areas = new LinkedHashMap<>();
    areas.put("heap", ranges(said("gcHeapInfo")));
    areas.put("codeCache", ranges(said("compilerCodecache")));
    areas.put("metaspace", nodes(said("vmMetaspace", "vslist=true")));
    return new MemoryLayout(areas);
  }

  static List<String> ranges(String text) {
    List<String> ranges = new ArrayList<>();
    for (Matcher found = RANGE.matcher(text); found.find(); ) {
      ranges.add(range(found.group(1), Long.parseUnsignedLong(found.group(2), HEX)));
    }
    return ranges;
  }

  static List<String> nodes(String text) {
    List<String> ranges = new ArrayList<>();
    for (Matcher found = NODE.matcher(text); found.find(); ) {
      long start = Long.parseUnsignedLong(found.group(1), HEX);
      ranges.add(range(found.group(1), start + Long.parseLong(found.group(2)) * KILO));
    }
    return ranges;
  }

  private static String range(String start, long end) {
    return start.replaceFirst("^0+(?=.)", "") + '-' + Long.toHexString(end);
  }

  private static String said(String command, String... arguments) {
    try {
      return DiagnosticCommand.run(command, arguments);
    } catch (IOException e) {
      LOG.debug("This JVM does not tell {}", command, e);
      return "";
    }
  }
}
