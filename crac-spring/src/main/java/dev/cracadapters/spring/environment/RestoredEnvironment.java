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
import org.springframework.util.ClassUtils;

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

  /** What the application's environment was last read from; null where that is not known. */
  private @Nullable Read lastRead;

  private boolean hasTried;
  private @Nullable Extensions extensions;
  private @Nullable String stateAtCheckpoint;
  private @Nullable String variablesAtCheckpoint;
  private @Nullable Boolean unchanged;

  /**
   * A reading of the environment.
   *
   * @param files the configuration files, and what was in them
   * @param state of the application's environment with what they gave
   */
  private record Read(ConfigurationFilesRead files, String state) {}

  private record Extensions(@Nullable ClassLoader loader, boolean found) {}

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

  /**
   * At a checkpoint: the next question is about another restore. At the first one the environment
   * is read once, so that the restore need not where nothing has changed. Nothing is done with it.
   * Of those who ask on one walk down only the first has it looked at.
   */
  public synchronized void expect() {
    if (watch != null && watch.isOfLatestWalk()) {
      return;
    }
    watch = RestoreWatch.begin();
    fresh = null;
    failure = null;
    unchanged = null;
    stateAtCheckpoint = null;
    try {
      if (!hasTried && live.getPropertySources().contains(EnvironmentAtRestore.ATTACHED)) {
        hasTried = true;
        if (!hasExtensions()) {
          ConfigurationFilesRead files = new ConfigurationFilesRead(true);
          lastRead = read(files, EnvironmentAtRestore.fresh(live, files));
        }
      }
      if (lastRead != null && !lastRead.files().isClassPathUnchanged()) {
        lastRead = null;
      }
      variablesAtCheckpoint = EnvironmentAtRestore.shownVariables(live);
      stateAtCheckpoint = EnvironmentAtRestore.state(live);
    } catch (RuntimeException | LinkageError e) {
      LOG.debug("The environment will be read after the restore, changed or not", e);
    }
  }

  /** Looked for once on a class path: there are as many lists as jars. */
  private boolean hasExtensions() {
    ClassLoader loader = ClassUtils.getDefaultClassLoader();
    Extensions known = extensions;
    if (known == null || known.loader() != loader) {
      known = new Extensions(loader, BootsConfigData.hasExtensions(loader));
      extensions = known;
    }
    return known.found();
  }

  /** Null where a later comparison would not see each change. */
  private @Nullable Read read(ConfigurationFilesRead files, ConfigurableEnvironment found) {
    String state = EnvironmentAtRestore.state(live);
    return state != null
            && EnvironmentAtRestore.haveSameFiles(live, found)
            && !BootsConfigData.hasFurtherLocations(found)
            && !hasExtensions()
        ? new Read(files, state)
        : null;
  }

  /**
   * Whether all is as it was at the checkpoint, and at the latest reading of the environment:
   * environment variables, system properties, arguments, profiles, whatever else the application
   * has added, and the content of each configuration file, also of those that were looked for and
   * not there. Variables that no property can come from do not count, and are brought up to date
   * here. Then {@link #fresh} would give what there is already, and need not be asked. False where
   * it is not known.
   */
  public synchronized boolean isUnchanged() {
    if (unchanged == null) {
      unchanged = false; // also where this throws
      try {
        // A rehearsal goes the long way, which a restore with another environment will go.
        unchanged = isAsRead() && !isRehearsal();
        if (unchanged && !EnvironmentAtRestore.givenVariables().equals(variablesAtCheckpoint)) {
          // Also where the JDK shows them: Spring Boot keeps copies of those from before.
          show(EnvironmentAtRestore.withVariables(live));
        }
      } catch (RuntimeException | LinkageError e) {
        LOG.debug("Whether the environment has changed cannot be told: it is read", e);
      }
    }
    return unchanged;
  }

  /**
   * A digest of what the application's environment showed at the latest {@link #expect}, for {@link
   * #isUnchangedSince}; null where that cannot be told.
   */
  public synchronized @Nullable String stateAtCheckpoint() {
    return stateAtCheckpoint;
  }

  /** Whether all {@link #isUnchanged}, also since a state was asked for. */
  public synchronized boolean isUnchangedSince(@Nullable String state) {
    return isUnchanged() && lastRead != null && lastRead.state().equals(state);
  }

  private boolean isAsRead() {
    Read last = lastRead;
    return last != null
        && last.state().equals(stateAtCheckpoint)
        && last.state().equals(EnvironmentAtRestore.stateWithGiven(live))
        && last.files().areUnchanged();
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
      Read before = lastRead;
      lastRead = null;
      ConfigurationFilesRead files = new ConfigurationFilesRead(false);
      try {
        known = EnvironmentAtRestore.fresh(live, files);
      } catch (RuntimeException e) {
        failure = e;
        throw e;
      }
      fresh = known;
      bringUpToDate(known, files, before);
    }
    return known;
  }

  private void bringUpToDate(
      ConfigurableEnvironment known, ConfigurationFilesRead files, @Nullable Read before) {
    if (show(known)) {
      Read read = read(files, known);
      lastRead = isRehearsal() ? before : read;
    }
  }

  private boolean show(ConfigurableEnvironment known) {
    try {
      if (isRehearsal()) {
        LiveSources.refresh(EnvironmentAtRestore.frozen(live), known, List.of());
      } else {
        LiveSources.refresh(live, known, contexts.get());
      }
      return true;
    } catch (RuntimeException | LinkageError e) {
      LOG.warn(
          "The application's environment could not be brought up to date after the restore: what"
              + " was configured before stays in memory",
          e);
      return false;
    }
  }
}
