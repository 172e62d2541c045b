/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.criu.policy.CoveredFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
      if ((isLive || BUILT.matcher(file.toString()).matches()) && isSmall(file)) {
        (isLive ? live : built).add(file);
      }
    }
    return new SystemCaches(List.copyOf(live), List.copyOf(built));
  }

  private static boolean isSmall(Path file) throws IOException {
    try {
      return Files.size(file) <= LARGEST_COPY;
    } catch (NoSuchFileException e) {
      return false; // deleted since: CRIU brings it along
    }
  }

  /** Adds them to the files whose sizes CRIU is made to forget, each with its copy's number. */
  void addTo(Map<String, String> dumpValues) {
    List<Path> all = new ArrayList<>(live);
    all.addAll(built);
    for (int i = 0; i < all.size(); i++) {
      String path = all.get(i).toString();
      String line = "cache %d %s %s".formatted(i + 1, i < live.size() ? "l" : "b", path);
      boolean isFirst = dumpValues.getOrDefault("policy_list", "").isEmpty();
      String name = CoveredFiles.numbers(path);
      dumpValues.merge("policy_names", name, (before, one) -> isFirst ? one : before + "," + one);
      dumpValues.merge("policy_list", line, (before, one) -> isFirst ? one : before + "\n" + one);
    }
  }
}
