/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import org.jspecify.annotations.Nullable;

/** Lets each part of a restore have its turn, and tells of all that failed at the end. */
final class Failures {

  /** A part of a restore. */
  @FunctionalInterface
  interface Part {
    void run() throws Exception;
  }

  private final String message;
  private @Nullable IllegalStateException raised;

  Failures(String message) {
    this.message = message;
  }

  /** True when the part succeeded. */
  boolean unless(Part part) {
    try {
      part.run();
      return true;
    } catch (Exception e) {
      if (raised == null) {
        raised = new IllegalStateException(message + ": " + e.getMessage(), e);
      } else {
        raised.addSuppressed(e);
      }
      return false;
    }
  }

  void raise() {
    if (raised != null) {
      throw raised;
    }
  }
}
