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
 */
record Spread(double median, double low, double high) {

  static Spread of(Collection<Double> measured) {
    double[] sorted = measured.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return new Spread(at(sorted, 0.5), at(sorted, 0.25), at(sorted, 0.75));
  }

  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  String milliseconds() {
    return "%.1f (%.1f–%.1f)".formatted(median, low, high);
  }

  String ratio() {
    return "%.3f (%.3f–%.3f)".formatted(median, low, high);
  }
}
