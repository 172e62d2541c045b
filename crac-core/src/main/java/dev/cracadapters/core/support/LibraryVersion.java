/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the version of a library, for messages. */
final class LibraryVersion {

  private static final Pattern VERSION_IN_JAR_NAME = Pattern.compile(".*-(\\d[^/!]*)\\.jar.*");

  private LibraryVersion() {}

  /**
   * The version of the library that a class is from.
   *
   * @return as its jar tells it, or "of unknown version"
   */
  static String of(Class<?> anchor) {
    String version = anchor.getPackage().getImplementationVersion();
    if (version != null) {
      return version;
    }
    var source = anchor.getProtectionDomain().getCodeSource();
    Matcher jar =
        VERSION_IN_JAR_NAME.matcher(source == null ? "" : String.valueOf(source.getLocation()));
    return jar.matches() ? jar.group(1) : "of unknown version";
  }
}
