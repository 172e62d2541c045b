/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What tells several images of one service from each other, in the names of their folders: the JDK
 * and the CPU, as in {@code app@17-x86-64-v3}. A folder that is named up to its {@code @} gets the
 * rest by this.
 */
public final class ImageLabel {

  /** With which the name of a folder ends that is to be completed. */
  public static final String SIGN = "@";

  private static final List<String> LEVELS = List.of("x86-64-v4", "x86-64-v3", "x86-64-v2");

  /** What x86-64-v4 has and v3 has not; for the others see {@link CpuLevel}. */
  private static final List<String> FEATURES_4 =
      List.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");

  private ImageLabel() {}

  /** The folder, with this JVM's label where its name ends with the sign. */
  static Path complete(Path folder) throws RefusedException {
    Path name = folder.getFileName();
    return name != null && name.toString().endsWith(SIGN)
        ? folder.resolveSibling(name + ofThisJvm())
        : folder;
  }

  /** Of the JVM and of the level that it is kept to, or of the highest that the CPU has. */
  static String ofThisJvm() throws RefusedException {
    Optional<CpuLevel> level = CpuLevel.ofThisJvm();
    return Runtime.version().feature()
        + "-"
        + (level.isPresent() ? level.get().name() : ofThisCpu());
  }

  private static String ofThisCpu() throws RefusedException {
    try {
      return of(System.getProperty("os.arch"), CpuFeatures.all());
    } catch (IOException e) {
      throw new RefusedException(
          "CPU", "/proc/cpuinfo cannot be read (" + e + ")", "Name the image's folder in full", e);
    }
  }

  /** The highest level of a CPU of such features, or the architecture where there are no levels. */
  static String of(String architecture, String features) throws RefusedException {
    if (!architecture.equals("amd64")) {
      return architecture;
    }
    Set<String> has = new HashSet<>(Arrays.asList(features.split(" ")));
    for (String name : LEVELS) {
      boolean fourth = name.equals(LEVELS.get(0));
      if (has.containsAll(CpuLevel.of(name).features())
          && (!fourth || has.containsAll(FEATURES_4))) {
        return name;
      }
    }
    return "x86-64";
  }
}
