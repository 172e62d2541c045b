/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.util.Arrays;
import java.util.Collection;

/**
 * Half of all measurements lie between the quartiles.
 *
 * @param median the one in the middle
 * @param low the lower quartile
 * @param high the upper quartile
 * @param least the smallest of all
 * @param most the largest of all
 */
public record Spread(double median, double low, double high, double least, double most) {

  /** The spread of what was measured, which is at least one value. */
  public static Spread of(Collection<Double> measured) {
    double[] sorted = measured.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return new Spread(
        at(sorted, 0.5), at(sorted, 0.25), at(sorted, 0.75), at(sorted, 0), at(sorted, 1));
  }

  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /** The median and the quartiles. */
  public String milliseconds() {
    return "%.1f (%.1f–%.1f)".formatted(median, low, high);
  }

  /** The median and the quartiles of what is compared. */
  public String ratio() {
    return "%.3f (%.3f–%.3f)".formatted(median, low, high);
  }
}
