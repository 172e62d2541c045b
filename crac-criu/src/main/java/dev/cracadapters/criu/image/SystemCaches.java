/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.criu.policy.CoveredFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Caches of the system that native libraries have mapped to read them, and that others rewrite or
 * replace at any time. A restore does not need them as they were: where one has changed or is gone,
 * the process has the image's copy mapped in its place, and it sees that this has been deleted.
 *
 * @param live kept up to date in place, by sssd and nscd: the same file with other content will do
 * @param built made anew at each change, by glibc's tools and fontconfig: only the very same will
 *     do
 */
record SystemCaches(List<Path> live, List<Path> built) {

  private static final Pattern LIVE =
      Pattern.compile("/var/lib/sss/mc/.*|(/var)?/run/nscd/.*|/var/(cache|db)/nscd/.*");

  private static final Pattern BUILT =
      Pattern.compile(
          ".*/(locale-archive|gconv-modules\\.cache)|/var/cache/fontconfig/.*|.*/\\.cache/fontconfig/.*");

  /** A larger one, such as the archive of all locales, is not worth its room in each image. */
  private static final long LARGEST_COPY = 32L << 20;

  static SystemCaches among(Collection<Path> files) throws IOException {
    List<Path> live = new ArrayList<>();
    List<Path> built = new ArrayList<>();
    for (Path file : files) {
      boolean isLive = LIVE.matcher(file.toString()).matches();
      if ((isLive || BUILT.matcher(file.toString()).matches())
          && Files.size(file) <= LARGEST_COPY) {
        (isLive ? live : built).add(file);
      }
    }
    return new SystemCaches(List.copyOf(live), List.copyOf(built));
  }

  List<Path> all() {
    List<Path> all = new ArrayList<>(live);
    all.addAll(built);
    return all;
  }

  /**
   * Adds them to the files whose sizes CRIU is made to forget.
   *
   * @param copied the files that the image has copies of, by their order
   */
  void addTo(Map<String, String> dumpValues, List<Path> copied) {
    StringBuilder lines = new StringBuilder();
    StringBuilder names = new StringBuilder();
    for (Path cache : all()) {
      lines.append(
          "\ncache %d %s %s"
              .formatted(copied.indexOf(cache) + 1, live.contains(cache) ? "l" : "b", cache));
      names.append(',').append(CoveredFiles.numbers(cache.toString()));
    }
    if (!lines.isEmpty()) {
      dumpValues.merge("policy_list", lines.toString(), SystemCaches::joined);
      dumpValues.merge("policy_names", names.toString(), SystemCaches::joined);
    }
  }

  /** Where there is nothing before it, what is added does not begin with a separator. */
  private static String joined(String before, String added) {
    return before.isEmpty() ? added.substring(1) : before + added;
  }
}
