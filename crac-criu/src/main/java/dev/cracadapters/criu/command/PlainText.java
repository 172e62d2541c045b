/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

/** What an image or a process says, which may be anybody's, as it is fit for a terminal. */
final class PlainText {

  private PlainText() {}

  /** Without characters by which a terminal would be led: each becomes a question mark. */
  static String of(String said) {
    return said.replaceAll("[\\p{Cntrl}\\x{80}-\\x{9f}&&[^\n\t]]", "?");
  }
}
