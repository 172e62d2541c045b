/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("crac-criu inspect and crac-criu check")
class InspectCommandIT {

  private static final long MEGA = 1 << 20;

  @TempDir Path folder;

  private Path imageOf(String... options) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = Commands.plain(options).start(folder, "service")) {
      service.awaitLine("ready");
      Ended ended =
          Commands.run(
              folder,
              "checkpoint",
              Long.toString(service.pid()),
              "--image",
              image.toString(),
              "--criu",
              WorkingCriu.here().path().toString());
      assertThat(ended.status()).as(ended.told()).isZero();
    }
    return image;
  }

  private static Map<String, String> values(String text) throws Exception {
    Map<String, String> values = new HashMap<>();
    try (JsonParser json = new JsonFactory().createParser(text)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isScalarValue()) {
          values.put(json.getParsingContext().pathAsPointer().toString(), json.getText());
        }
      }
    }
    return values;
  }

  private static long pagesBytes(Path image) throws Exception {
    long bytes = 0;
    try (DirectoryStream<Path> pages =
        Files.newDirectoryStream(image.resolve("criu"), "pages-*.img")) {
      for (Path one : pages) {
        bytes += Files.size(one);
      }
    }
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Serial", "Parallel", "G1", "Z"})
  @DisplayName("tell where every byte of the memory is, whatever the collector")
  void memory(String collector) throws Exception {
    // Committed and touched, so that the heap cannot be trimmed below a known size.
    Path image =
        imageOf("-XX:+Use" + collector + "GC", "-Xms64m", "-XX:+AlwaysPreTouch", "-Xmx64m");
    Ended ended = Commands.run(folder, "inspect", image.toString(), "--json");
    assertThat(ended.status()).as(ended.told()).isZero();
    Map<String, String> values = values(ended.output());
    long sum = 0;
    Map<String, Long> bytes = new HashMap<>();
    for (Map.Entry<String, String> one : values.entrySet()) {
      if (one.getKey().startsWith("/memoryBytes/")) {
        bytes.put(one.getKey().substring("/memoryBytes/".length()), Long.valueOf(one.getValue()));
        sum += Long.parseLong(one.getValue());
      }
    }
    assertThat(sum).isEqualTo(pagesBytes(image));
    assertThat(bytes.get("codeCache")).isBetween(MEGA, 16 * MEGA);
    assertThat(bytes.get("metaspace")).isBetween(MEGA, 16 * MEGA);
    assertThat(bytes.get("libraries")).isBetween(MEGA / 2, 16 * MEGA);
    assertThat(bytes.get("threadStacks")).isBetween(MEGA / 8, 16 * MEGA);
    assertThat(bytes.get("sharedClasses")).isBetween(MEGA, 32 * MEGA);
    assertThat(bytes.get("heap")).isBetween(MEGA, 64 * MEGA);
    assertThat(bytes.get("nativeHeap")).isBetween(2 * MEGA, 64 * MEGA);
    // What has no name is next to nothing.
    assertThat(bytes.get("other")).as("of " + bytes).isLessThan(sum / 20);
    // What the JVM counts is a part of what is there.
    long counted = 0;
    for (String name : new String[] {"symbols", "stringTable", "directBuffers"}) {
      counted += Long.parseLong(values.get("/nativeHeapBytes/" + name));
    }
    assertThat(counted).isBetween(MEGA / 2, bytes.get("nativeHeap"));
    long regions =
        values.entrySet().stream()
            .filter(one -> one.getKey().matches("/regions/\\d+/bytes"))
            .mapToLong(one -> Long.parseLong(one.getValue()))
            .sum();
    assertThat(regions).isEqualTo(sum);
    assertThat(values.values()).anyMatch(value -> value.endsWith("/libjvm.so"));
  }

  @Test
  @DisplayName("tell of memory that is mapped, too")
  void mapped() throws Exception {
    Path image =
        imageOf(
            "-Dcrac.criu.map=on", "-XX:+UseSerialGC", "-Xms64m", "-XX:+AlwaysPreTouch", "-Xmx64m");
    Ended ended = Commands.run(folder, "inspect", image.toString(), "--json");
    assertThat(ended.status()).as(ended.told()).isZero();
    Map<String, String> values = values(ended.output());
    long sum =
        values.entrySet().stream()
            .filter(one -> one.getKey().startsWith("/memoryBytes/"))
            .mapToLong(one -> Long.parseLong(one.getValue()))
            .sum();
    long memory = Files.size(image.resolve("memory"));
    assertThat(memory).isGreaterThan(4 * MEGA);
    // Its parts begin at multiples of 64 KB, and it ends at one of a megabyte, with its sums.
    assertThat(sum).isBetween(pagesBytes(image) + memory - 2 * MEGA, pagesBytes(image) + memory);
    assertThat(Long.parseLong(values.get("/memoryBytes/heap"))).isBetween(MEGA, 64 * MEGA);
    assertThat(Long.parseLong(values.get("/memoryBytes/metaspace"))).isBetween(MEGA, 16 * MEGA);
    assertThat(Long.parseLong(values.get("/memoryBytes/other"))).isLessThan(sum / 20);
    assertThat(values.values()).noneMatch(value -> value.contains("crac-memory"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Serial", "G1"})
  @DisplayName("have as the native heap what the JVM's own tracking counts")
  void nativeMemoryTracking(String collector) throws Exception {
    Path image = folder.resolve("image");
    long allocated;
    try (RunningProcess service =
        Commands.plain("-XX:+Use" + collector + "GC", "-XX:NativeMemoryTracking=summary")
            .start(folder, "service")) {
      service.awaitLine("ready");
      String jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd").toString();
      String pid = Long.toString(service.pid());
      Ended tracked =
          Commands.run(folder, List.of(jcmd, pid, "VM.native_memory", "summary", "scale=KB"));
      Matcher malloc = Pattern.compile("malloc: (\\d+)KB").matcher(tracked.output());
      assertThat(malloc.find()).as(tracked.told()).isTrue();
      allocated = Long.parseLong(malloc.group(1)) << 10;
      Ended ended =
          Commands.run(
              folder,
              "checkpoint",
              pid,
              "--image",
              image.toString(),
              "--criu",
              WorkingCriu.here().path().toString());
      assertThat(ended.status()).as(ended.told()).isZero();
    }
    Ended ended = Commands.run(folder, "inspect", image.toString(), "--json");
    long nativeHeap = Long.parseLong(values(ended.output()).get("/memoryBytes/nativeHeap"));
    // The compilers have worked meanwhile; and some libraries' memory the JVM does not count.
    assertThat(nativeHeap).isBetween(allocated / 2, allocated + 12 * MEGA);
  }

  @Tag("essential")
  @Test
  @DisplayName("tell in words what the image is, and what is no image")
  void words() throws Exception {
    Path image = imageOf();
    Ended ended = Commands.run(folder, "inspect", image.toString());
    assertThat(ended.status()).as(ended.told()).isZero();
    assertThat(ended.output())
        .contains("Image        " + image)
        .contains("JDK          JDK " + System.getProperty("java.vm.version"))
        .contains("Where the bytes are")
        .containsPattern("  heap +\\d+\\.\\d +\\d+\\.\\d %")
        .containsPattern("  native heap +\\d+\\.\\d +\\d+\\.\\d %\n    symbols +\\d+\\.\\d ")
        .containsPattern("  all +\\d+\\.\\d 100\\.0 %");

    Ended whole = Commands.run(folder, "check", image.toString());
    assertThat(whole.status()).as(whole.told()).isZero();
    assertThat(whole.output()).isEqualTo(image + " is whole and fits this machine\n");
    Files.setPosixFilePermissions(
        image.resolve("restore"), PosixFilePermissions.fromString("rw-r--r--"));
    Ended withoutModes = Commands.run(folder, "check", image.toString());
    assertThat(withoutModes.status()).as(withoutModes.told()).isZero();
    Files.write(image.resolve("criu/inventory.img"), new byte[] {1, 2, 3});
    Ended damaged = Commands.run(folder, "check", image.toString());
    assertThat(damaged.status()).isEqualTo(125);
    assertThat(damaged.error()).contains("inventory.img is not as it was written");

    Files.write(image.resolve("criu/files.img"), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
    Ended unreadable = Commands.run(folder, "inspect", image.toString());
    assertThat(unreadable.status()).isEqualTo(1);
    assertThat(unreadable.error())
        .startsWith("inspect: " + image + ": it cannot be read (")
        .hasLineCount(1);

    for (String command : new String[] {"inspect", "check"}) {
      Ended none = Commands.run(folder, command, folder.toString());
      assertThat(none.status()).isEqualTo(1);
      assertThat(none.error()).contains(folder + ": it is no image");
      assertThat(Commands.run(folder, command).status()).isEqualTo(2);
    }
  }
}
