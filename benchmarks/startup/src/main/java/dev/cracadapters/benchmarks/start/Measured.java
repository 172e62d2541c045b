/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Spread;
import java.util.ArrayList;
import java.util.List;

/** All that was measured of one way of one service. */
final class Measured {

  private final String name;
  private final boolean isOurs;
  private final List<Double> warm = new ArrayList<>();
  private final List<Double> cold = new ArrayList<>();
  private final List<Double> half = new ArrayList<>();
  private final List<Double> most = new ArrayList<>();
  private final List<Double> pss = new ArrayList<>();
  private final long imageBytes;

  Measured(String name, boolean isOurs, long imageBytes) {
    this.name = name;
    this.isOurs = isOurs;
    this.imageBytes = imageBytes;
  }

  void warm(double millis, double pssMegabytes) {
    warm.add(millis);
    pss.add(pssMegabytes);
  }

  void cold(double millis) {
    cold.add(millis);
  }

  /** The times of requests, sorted. */
  void load(double[] sorted) {
    half.add(sorted[sorted.length / 2]);
    most.add(sorted[sorted.length * 99 / 100]);
  }

  String name() {
    return name;
  }

  boolean isOurs() {
    return isOurs;
  }

  Spread pss() {
    return Spread.of(pss);
  }

  /** How many times as long as another one, round by round. */
  Spread pairs(Measured other) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < warm.size(); i++) {
      ratios.add(warm.get(i) / other.warm.get(i));
    }
    return Spread.of(ratios);
  }

  /** With what it needs in the page cache. */
  Spread warm() {
    return Spread.of(warm);
  }

  boolean hasCold() {
    return !cold.isEmpty();
  }

  /** With what it needs on the disk alone. */
  Spread cold() {
    return Spread.of(cold);
  }

  private static String milliseconds(Spread spread) {
    return "%.0f (%.0f–%.0f)".formatted(spread.median(), spread.low(), spread.high());
  }

  /** Cells of the table, but for the comparison. */
  List<String> cells() {
    return List.of(
        name,
        milliseconds(warm()) + ", %.0f–%.0f".formatted(warm().least(), warm().most()),
        hasCold() ? milliseconds(cold()) : "",
        half.isEmpty()
            ? ""
            : "%.1f / %.1f".formatted(Spread.of(half).median(), Spread.of(most).median()),
        imageBytes < 0 ? "" : "%.0f".formatted(imageBytes / 1e6),
        "%.0f".formatted(Spread.of(pss).median()));
  }
}
