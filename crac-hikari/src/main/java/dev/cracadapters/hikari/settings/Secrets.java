/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import com.zaxxer.hikari.HikariConfig;
import dev.cracadapters.core.support.Redactor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The secrets in a pool's configuration, which no message shows. */
public final class Secrets {

  private Secrets() {}

  /** What went wrong, without the secrets of some configurations. */
  public static String describe(Throwable failure, HikariConfig... configs) {
    List<@Nullable String> secrets = new ArrayList<>();
    for (HikariConfig config : configs) {
      secrets.add(config.getPassword());
      config
          .getDataSourceProperties()
          .forEach(
              (name, value) -> {
                if (Redactor.isSecret(name.toString())) {
                  secrets.add(String.valueOf(value));
                }
              });
    }
    return Redactor.describe(failure, secrets);
  }
}
