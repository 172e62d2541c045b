/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import dev.cracadapters.core.support.RestoreWatch;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The environment of one restore, read once for all who ask. Reading it also brings the
 * application's own environment up to date, so that what was rotated is not kept there.
 */
public final class RestoredEnvironment {

  private static final Logger LOG = LoggerFactory.getLogger(RestoredEnvironment.class);

  private final ConfigurableEnvironment live;
  private final Supplier<Collection<ConfigurableApplicationContext>> contexts;
  private @Nullable RestoreWatch watch;
  private @Nullable ConfigurableEnvironment fresh;
  private @Nullable RuntimeException failure;

  /**
   * Of an application.
   *
   * @param contexts those whose environments are brought up to date
   */
  public RestoredEnvironment(
      ConfigurableEnvironment live, Supplier<Collection<ConfigurableApplicationContext>> contexts) {
    this.live = live;
    this.contexts = contexts;
  }

  /** At a checkpoint: the next question is about another restore. */
  public synchronized void expect() {
    watch = RestoreWatch.begin();
    fresh = null;
    failure = null;
  }

  /** Whether the process was restored since; a checkpoint that failed comes up as well. */
  public synchronized boolean isRestored() {
    return watch != null && watch.isRestored();
  }

  /** Whether the restore is one that is only rehearsed: nothing of it may stay. */
  public synchronized boolean isRehearsal() {
    return watch != null && watch.isRehearsal();
  }

  /** The application's own environment as it is at this moment, for a comparison. */
  public ConfigurableEnvironment frozen() {
    return EnvironmentAtRestore.frozen(live);
  }

  /**
   * With what the restore was given, and with the configuration files as they are now.
   *
   * @throws RuntimeException if a configuration file cannot be read; nothing was changed then
   */
  public synchronized ConfigurableEnvironment fresh() {
    if (failure != null) {
      throw failure;
    }
    ConfigurableEnvironment known = fresh;
    if (known == null) {
      try {
        known = EnvironmentAtRestore.fresh(live);
      } catch (RuntimeException e) {
        failure = e;
        throw e;
      }
      fresh = known;
      bringUpToDate(known, isRehearsal());
    }
    return known;
  }

  private void bringUpToDate(ConfigurableEnvironment known, boolean rehearsal) {
    try {
      if (rehearsal) {
        LiveSources.refresh(EnvironmentAtRestore.frozen(live), known, List.of());
      } else {
        LiveSources.refresh(live, known, contexts.get());
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.warn(
          "The application's environment could not be brought up to date after the restore: what"
              + " was configured before stays in memory",
          e);
    }
  }
}
