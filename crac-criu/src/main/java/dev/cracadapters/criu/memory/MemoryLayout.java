/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.process.DiagnosticCommand;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the heap, the code cache, the metaspace, the collector's tables and the native heap lie, by
 * the JVM's diagnostic commands and by the C library's own records: ranges by name, each as {@code
 * start-end} in hexadecimal digits. An image alone shows anonymous memory. Nothing depends on it,
 * and what a JVM words in another way is left out. ZGC's heap has no range: it is a memory file,
 * and known by its name.
 *
 * @param allocated what of the native heap the JVM counts without being told to, in bytes by name;
 *     its Native Memory Tracking, which counts all, is off unless a JVM was started with it
 */
public record MemoryLayout(Map<String, List<String>> areas, Map<String, Long> allocated) {

  private static final Logger LOG = LoggerFactory.getLogger(MemoryLayout.class);

  /** Start and end, with the committed or used end between them in some lines. */
  private static final Pattern RANGE =
      Pattern.compile("\\[0x([0-9a-f]+), ?(?:0x[0-9a-f]+, ?)?0x([0-9a-f]+)[)\\]]");

  /** The card table of all collectors that have one, and the mark bitmaps of G1 and Parallel. */
  private static final Pattern TABLE =
      Pattern.compile("(?:byte_map|Bits): *(\\[0x[0-9a-f]+, ?0x[0-9a-f]+[)\\]])");

  /** Of the symbol and the string table: what is not the strings, which are in the Java heap. */
  private static final Pattern TABLE_BYTES =
      Pattern.compile("Number of (buckets|entries|literals) *: *\\d+ *= *(\\d+) bytes");

  private static final Pattern NODE =
      Pattern.compile("node #\\d+: base 0x([0-9a-f]+): reserved=(\\d+)\\.\\d+ KB");
  private static final int HEX = 16;
  private static final int KILO = 1024;

  public static MemoryLayout current() {
    Map<String, List<String>> areas = new LinkedHashMap<>();
    areas.put("heap", heap());
    areas.put("codeCache", ranges(said("compilerCodecache")));
    areas.put("metaspace", nodes(said("vmMetaspace", "vslist=true")));
    areas.put("collectorTables", tables(said("vmInfo")));
    areas.put("nativeHeap", nativeHeap());
    Map<String, Long> allocated = new LinkedHashMap<>();
    allocated.put("symbols", tableBytes(said("vmSymboltable"), true));
    allocated.put("stringTable", tableBytes(said("vmStringtable"), false));
    allocated.put("directBuffers", directBufferBytes());
    return new MemoryLayout(areas, allocated);
  }

  static List<String> heap() {
    return ranges(said("gcHeapInfo"));
  }

  /** The part of the native heap of which all is known that is done with it: glibc's arenas. */
  public static List<String> arenas() throws IOException {
    return NativeHeap.arenas(Proc.self().lines("maps"));
  }

  private static List<String> nativeHeap() {
    try {
      return NativeHeap.ranges(Proc.self().lines("maps"));
    } catch (IOException e) {
      LOG.debug("This process does not see its own memory", e);
      return List.of();
    }
  }

  private static long directBufferBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  static List<String> tables(String text) {
    List<String> ranges = new ArrayList<>();
    for (Matcher found = TABLE.matcher(text); found.find(); ) {
      ranges.addAll(ranges(found.group(1)));
    }
    return ranges;
  }

  static long tableBytes(String text, boolean literals) {
    return TABLE_BYTES
        .matcher(text)
        .results()
        .filter(found -> literals || !found.group(1).equals("literals"))
        .mapToLong(found -> Long.parseLong(found.group(2)))
        .sum();
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
