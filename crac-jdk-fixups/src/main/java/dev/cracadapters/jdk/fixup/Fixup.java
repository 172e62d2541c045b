/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

/** One thing that the JDK has to forget or to read again. */
public interface Fixup {

  /** Before the snapshot. Nothing has been changed when it throws, or all of it is undone later. */
  void beforeCheckpoint() throws Exception;

  /**
   * After a restore or a failed checkpoint, whether or not {@link #beforeCheckpoint} was called.
   */
  void afterRestore() throws Exception;
}
