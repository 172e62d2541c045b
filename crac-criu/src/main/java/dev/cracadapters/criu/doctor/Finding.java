/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

/** One thing that was looked at: how it stands, and the remedy, empty where none is needed. */
public record Finding(String subject, Level level, String text, String remedy) {

  /** How a thing stands. */
  public enum Level {
    /** As it should be. */
    OK,
    /** A checkpoint can be taken, but not everything works, or not as fast as it could. */
    WARNING,
    /** No checkpoint can be taken as long as it is so. */
    FAILS
  }

  static Finding ok(String subject, String text) {
    return new Finding(subject, Level.OK, text, "");
  }

  static Finding warning(String subject, String text, String remedy) {
    return new Finding(subject, Level.WARNING, text, remedy);
  }

  static Finding fails(String subject, String text, String remedy) {
    return new Finding(subject, Level.FAILS, text, remedy);
  }
}
