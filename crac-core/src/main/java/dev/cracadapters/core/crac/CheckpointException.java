/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.crac;

import java.io.Serial;

/** Carries the reasons of a refused checkpoint, as suppressed exceptions, to {@code org.crac}. */
public final class CheckpointException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  CheckpointException() {}
}
