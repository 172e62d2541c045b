/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.io.Serial;
import org.crac.CheckpointException;
import org.jspecify.annotations.Nullable;

/**
 * Why a checkpoint cannot be taken: the resource in the way, the cause, and what the user can do
 * about it. Nothing has been lost when it is thrown; the application is brought back to service.
 */
public final class RefusedException extends CheckpointException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * A refusal with its three parts, which become one message.
   *
   * @param resource what is in the way, as the user knows it: "HikariPool-1", "/var/log/app.log"
   * @param cause what is wrong with it, as a clause: "2 connections are still borrowed after 10 s";
   *     one with a stack ends with a line break
   * @param remedy what the user can do, as a sentence without its full stop: "raise
   *     spring.crac.hikari.drain-timeout"
   */
  public RefusedException(String resource, String cause, String remedy) {
    this(resource, cause, remedy, null);
  }

  /**
   * A refusal that another exception brought about.
   *
   * @param resource what is in the way
   * @param cause what is wrong with it
   * @param remedy what the user can do
   * @param reason the exception behind it, or null
   */
  public RefusedException(
      String resource, String cause, String remedy, @Nullable Throwable reason) {
    super(resource + ": " + cause + (cause.endsWith("\n") ? "" : ". ") + remedy);
    if (reason != null) {
      initCause(reason);
    }
  }
}
