/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a restored process says to the restore script: a line in the FIFO {@code events}. */
public sealed interface Event {

  /** The process is back, and the script goes on to wait for its end. */
  record Up() implements Event {

    @Override
    public String line() {
      return "up";
    }
  }

  /**
   * The process cannot go on here: the script ends it, and its restore fails.
   *
   * @param reason for the script's message
   */
  record Lost(String reason) implements Event {

    @Override
    public String line() {
      return "lost " + reason.replace('\n', ' ');
    }
  }

  /** The event in words, without a line end. */
  String line();

  /** Writes the event. The script reads the FIFO, or this blocks until a script does. */
  default void sendTo(Path events) throws IOException {
    Files.writeString(events, line() + "\n", StandardOpenOption.WRITE);
  }
}
