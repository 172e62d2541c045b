/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a restored process says to the restore script: a line in the FIFO {@code events}. */
public record Event(String line) {

  /** The process is back, and the script goes on to wait for its end. */
  public static final Event UP = new Event("up");

  /** The process cannot go on here: the script ends it, and its restore fails for the reason. */
  public static Event lost(String reason) {
    return new Event("lost " + reason.replace('\n', ' '));
  }

  /** Writes the event. The script reads the FIFO, or this blocks until a script does. */
  public void sendTo(Path events) throws IOException {
    Files.writeString(events, line + "\n", StandardOpenOption.WRITE);
  }
}
