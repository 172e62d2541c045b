/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Jdk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All the ways in which one service comes up, with what was measured of each.
 *
 * @param subject the service
 * @param all the ways, in the order of the table
 * @param read its image on the first JDK
 * @param mapped the same whose memory is mapped
 * @param unrehearsed the same without rehearsals; null in a quick run
 */
record Ways(
    Subject subject,
    Map<Way, Measured> all,
    Image read,
    Image mapped,
    @Nullable Image unrehearsed) {

  private static final int WITH_AOT_CACHE = 25;

  /**
   * Takes images and trains archives.
   *
   * @param run where {@code /run} is a tmpfs; null where that is not to be measured
   */
  static Ways of(Subject subject, StartOptions options, @Nullable RunFolder run) throws Exception {
    List<Way> started = new ArrayList<>();
    for (Path javaHome : options.javaHomes()) {
      started(started, subject, options, javaHome, javaHome.equals(options.javaHomes().get(0)));
    }
    Path first = options.javaHomes().get(0);
    String jdk = major(first);
    Image read = Image.of(subject, options, first, "");
    Image mapped = Image.of(subject, options, first, "-mapped", Image.MAPPED);
    @Nullable Image unrehearsed =
        options.quick()
            ? null
            : Image.of(subject, options, first, "-unrehearsed", Image.UNREHEARSED);
    List<Way> ways = new ArrayList<>(started);
    ways.add(read.bare("JDK %s, bare criu restore".formatted(jdk), options));
    ways.add(read.ours("JDK %s, IMAGE/restore".formatted(jdk), true));
    if (run != null) {
      ways.add(read.ours("the same, where /run is a tmpfs", run));
    }
    ways.add(mapped.ours("the same, mapped (crac.criu.map=on)", true));
    if (unrehearsed != null) {
      ways.add(unrehearsed.ours("the same, crac.rehearse=off", false));
    }
    List<Path> others = options.javaHomes().subList(1, options.javaHomes().size());
    for (Path javaHome : others) {
      boolean isLast = javaHome.equals(others.get(others.size() - 1));
      ways.add(
          Image.of(subject, options, javaHome, "")
              .ours("JDK %s, IMAGE/restore".formatted(major(javaHome)), isLast));
    }
    Map<Way, Measured> all = new LinkedHashMap<>();
    for (Way way : ways) {
      all.put(way, new Measured(way.name(), way.isOurs(), way.imageBytes()));
    }
    return new Ways(subject, all, read, mapped, unrehearsed);
  }

  List<Measured> measured() {
    return List.copyOf(all.values());
  }

  private static void started(
      List<Way> ways, Subject subject, StartOptions options, Path javaHome, boolean isFirst)
      throws Exception {
    String jdk = major(javaHome);
    boolean hasAotCache = Integer.parseInt(jdk) >= WITH_AOT_CACHE;
    if (isFirst && !options.quick()) {
      ways.add(Started.jar(subject, options, javaHome, jdk));
      ways.add(Started.extracted(subject, options, javaHome, jdk));
    }
    if (isFirst) {
      ways.add(Started.appCds(subject, options, javaHome, jdk));
    }
    if (hasAotCache) {
      ways.add(Started.aotCache(subject, options, javaHome, jdk));
    }
  }

  private static String major(Path javaHome) throws IOException {
    return Jdk.version(javaHome).replaceAll("[^0-9].*", "");
  }

  /** The memory that the one restored process of an image took. */
  double pssOf(Image image) {
    return all.entrySet().stream()
        .filter(way -> way.getValue().isOurs() && image.folder().equals(way.getKey().image()))
        .findFirst()
        .orElseThrow()
        .getValue()
        .pss()
        .median();
  }
}
