/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A path of any bytes, also such for which this JVM's locale has no letters. */
final class RawPath {

  private static final String PLAIN = "/._-";

  private RawPath() {}

  /**
   * The path of an absolute name that has a character for each byte. By a URI, whose bytes the JDK
   * takes as they are; a text it would encode for the locale, or refuse.
   */
  static Path of(String raw) {
    StringBuilder text = new StringBuilder("file://");
    for (byte one : raw.getBytes(StandardCharsets.ISO_8859_1)) {
      boolean plain = one > 0 && (Character.isLetterOrDigit(one) || PLAIN.indexOf(one) >= 0);
      text.append(plain ? String.valueOf((char) one) : "%%%02X".formatted(one & 0xff));
    }
    return Path.of(URI.create(text.toString()));
  }
}
