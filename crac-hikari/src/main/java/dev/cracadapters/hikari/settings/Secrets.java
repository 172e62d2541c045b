/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import dev.cracadapters.core.support.Redactor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The secrets in a pool's configuration, which no message shows. */
public final class Secrets {

  private Secrets() {}

  /**
   * What went wrong, without the secrets of some configurations. Only its class, where one of those
   * cannot tell its secrets: a getter of a subclass may ask somebody who is away.
   */
  public static String describe(Throwable failure, HikariConfig... configs) {
    List<@Nullable String> secrets = new ArrayList<>();
    try {
      for (HikariConfig config : configs) {
        addSecrets(config, secrets);
      }
      return Redactor.describe(failure, secrets);
    } catch (RuntimeException | Error e) {
      return failure.getClass().getName()
          + " (its message may have a secret, and the configuration does not tell which: "
          + e.getClass().getName()
          + ")";
    }
  }

  private static void addSecrets(HikariConfig config, List<@Nullable String> secrets) {
    secrets.add(config.getPassword());
    for (Map.Entry<Object, Object> property : config.getDataSourceProperties().entrySet()) {
      if (Redactor.isSecret(property.getKey().toString())) {
        secrets.add(property.getValue().toString());
      }
    }
  }
}
