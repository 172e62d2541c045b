/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.foreign;

import java.io.Serial;

public final class CheckpointException extends Exception {
  @Serial private static final long serialVersionUID = 1L;
}
