/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.OutputStreamAppender;
import java.io.File;

/**
 * Says that an appender's file cannot be opened after a restore: once, however often it is tried,
 * by Logback's status and on standard error. Where the log itself is what is missing, the status
 * alone would not be seen.
 */
final class Unwritable {

  private final OutputStreamAppender<?> appender;
  private final FileOpening opening;
  private boolean isReported;

  Unwritable(OutputStreamAppender<?> appender, FileOpening opening) {
    this.appender = appender;
    this.opening = opening;
  }

  /** Says so, unless that was said since the file was last open. */
  void report(String message, Exception cause) {
    if (!isReported) {
      isReported = true;
      String whole = "Appender [%s]: %s. %s".formatted(appender.getName(), message, remedy());
      appender.addError(whole, cause);
      System.err.println(whole);
    }
  }

  /** The file is open. */
  void reportOpen() {
    if (isReported) {
      isReported = false;
      appender.addInfo(opening.file() + " is open again, and all that was kept is written");
    }
  }

  private String remedy() {
    File file = new File(opening.file()).getAbsoluteFile();
    if (file.isDirectory()) {
      return "Remove the folder " + file;
    }
    for (File folder = file.getParentFile(); folder != null; folder = folder.getParentFile()) {
      if (folder.exists()) {
        return folder.isDirectory()
            ? "Make %s writable for user %s, with space left on its disk"
                .formatted(file.exists() ? file : folder, System.getProperty("user.name"))
            : "%s is a file: put a folder there".formatted(folder);
      }
    }
    return "Make its folder";
  }
}
