/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import dev.cracadapters.logback.ConfigurationSource;
import java.util.Optional;

/**
 * A source in a rehearsal: looks for changes, and finds none. What follows a restore runs, and
 * nothing changes.
 */
public record Rehearsing(ConfigurationSource source) implements ConfigurationSource {

  @Override
  public void note() {}

  @Override
  public Optional<String> changes() {
    try {
      source.rehearse();
    } catch (RuntimeException | LinkageError e) {
      return Optional.empty(); // the restore will say it
    }
    return Optional.empty();
  }

  @Override
  public Optional<String> flaw() {
    return Optional.empty();
  }

  @Override
  public void apply() {}
}
