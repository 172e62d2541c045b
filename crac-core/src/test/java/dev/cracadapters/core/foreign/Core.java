/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.foreign;

/**
 * An implementation of {@code org.crac} that is not ours, as AWS Lambda has one: whoever runs the
 * process calls the context before and after its own snapshot, and nobody may ask for one.
 */
public final class Core {

  private static final Context<Resource> CONTEXT = new Context<>();

  private Core() {}

  public static Context<Resource> getGlobalContext() {
    return CONTEXT;
  }

  public static void checkpointRestore() throws CheckpointException, RestoreException {
    throw new UnsupportedOperationException();
  }
}
