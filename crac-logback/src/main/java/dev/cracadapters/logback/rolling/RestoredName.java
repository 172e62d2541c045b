/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import java.util.List;

/**
 * File names, and patterns of file names, with a further part before the extension: {@code app.log}
 * becomes {@code app.PART.log}, and {@code app.%d.%i.log.gz} becomes {@code app.%d.%i.PART.log.gz}.
 * Dots and slashes in braces, as in {@code %d{yyyy/MM}} and {@code ${LOG_DIR:-logs/app.d}}, belong
 * to what stands there.
 */
final class RestoredName {

  private static final List<String> COMPRESSIONS = List.of(".gz", ".zip", ".xz");

  private static final int LONGEST_PART = 100;

  private RestoredName() {}

  /** The name or pattern with the part in it. A name without an extension gets the part as one. */
  static String with(String name, String part) {
    String compression = compression(name);
    String whole = name.substring(0, name.length() - compression.length());
    int extension = extension(whole);
    return whole.substring(0, extension) + '.' + part + whole.substring(extension) + compression;
  }

  /** The name or pattern that {@link #with} made this one of. */
  static String without(String name, String part) {
    String compression = compression(name);
    String whole = name.substring(0, name.length() - compression.length());
    int end = extension(whole);
    String inside = '.' + part;
    if (whole.substring(0, end).endsWith(inside)) {
      return whole.substring(0, end - inside.length()) + whole.substring(end) + compression;
    }
    return whole.substring(end).equals(inside) ? whole.substring(0, end) + compression : name;
  }

  /**
   * An instance's ID as a part of a name: without what has a meaning in a path or a pattern, and
   * not longer than a file system takes. Two IDs never give one part.
   */
  static String part(String instanceId) {
    String clean = instanceId.replaceAll("[^A-Za-z0-9._-]", "_");
    boolean asksToCompress = !compression('.' + clean).isEmpty();
    if (clean.equals(instanceId) && clean.length() <= LONGEST_PART && !asksToCompress) {
      return clean;
    }
    return clean.substring(0, Math.min(clean.length(), LONGEST_PART))
        + '-'
        + Integer.toHexString(instanceId.hashCode());
  }

  /** What Logback takes the kind of compression from, empty for none. */
  static String compression(String pattern) {
    return COMPRESSIONS.stream().filter(pattern::endsWith).findFirst().orElse("");
  }

  private static int extension(String name) {
    int depth = 0;
    int start = 0;
    int dot = -1;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      } else if (depth == 0 && (c == '/' || c == '\\')) {
        start = i + 1;
        dot = -1;
      } else if (depth == 0 && c == '.' && i > start) {
        dot = i;
      }
    }
    return dot < 0 ? name.length() : dot;
  }
}
