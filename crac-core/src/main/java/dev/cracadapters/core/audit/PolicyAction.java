/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

/** What a descriptor policy asks to be done with a descriptor that is open at a checkpoint. */
public enum PolicyAction {
  /** The checkpoint is refused, also where the audit would let the descriptor pass. */
  ERROR,
  /** It is left to the engine. */
  IGNORE,
  /** It is closed before the snapshot, and stays closed. */
  CLOSE,
  /** It works after the restore: a file at its position, a listening socket listening. */
  REOPEN
}
