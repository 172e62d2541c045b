/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the time of a restore went, in milliseconds from the start of the command to the first
 * answer.
 *
 * @param script what the restore script does before it starts CRIU
 * @param criu CRIU, until the process begins its walk up: its memory is read, and meanwhile the
 *     script finds out whether the image is whole
 * @param walk until all is back
 * @param answer what is left until the first 200 was read
 */
record RestoreParts(double script, double criu, double walk, double answer) {

  /**
   * Cuts a restore in parts.
   *
   * @param whole milliseconds until the first answer
   * @param criuAt when CRIU was started, by the same clock; less than 0 where nobody saw it: what
   *     the script took is then in CRIU's part
   * @param walkAt when the walk up began
   * @param upAt when all was back; the first answer may come before it
   */
  static RestoreParts of(double whole, double criuAt, double walkAt, double upAt) {
    double criu = between(0, criuAt, whole);
    double walk = between(criu, walkAt, whole);
    double up = between(walk, upAt, whole);
    return new RestoreParts(criu, walk - criu, up - walk, whole - up);
  }

  private static double between(double low, double value, double high) {
    return Math.max(low, Math.min(value, high));
  }

  double whole() {
    return script + criu + walk + answer;
  }

  /** Each with its name, in their order. */
  Map<String, Double> byName() {
    Map<String, Double> parts = new LinkedHashMap<>();
    parts.put("script", script);
    parts.put("CRIU", criu);
    parts.put("walk", walk);
    parts.put("first answer", answer);
    return parts;
  }
}
