/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.hikari.fixture.HeapDump;
import dev.cracadapters.hikari.fixture.Logins;
import dev.cracadapters.hikari.fixture.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** An image that was taken with one database, and is restored against another. */
@Tag("soak")
@RequiresCriu
class NewDatabaseIT {

  @TempDir Path folder;

  /** Not below /tmp, of which each clone has its own. */
  @TempDir(factory = BelowTheModule.class)
  Path dumps;

  static final class BelowTheModule implements TempDirFactory {

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test)
        throws IOException {
      Path target = Path.of("target").toAbsolutePath();
      return Files.createTempDirectory(Files.createDirectories(target), "new-database");
    }
  }

  @Test
  @DisplayName("The database and the login of the restore's environment are used, for each clone")
  void newDatabase() throws Exception {
    String throwAway = Logins.password();
    String secret = Logins.password();
    Image image = new Image(folder.resolve("image"));
    try (Postgres empty = Postgres.another()) {
      Logins.add(empty, "nobody", throwAway);
      try (RunningProcess original =
          JvmCommand.ofMainClass(RotatedPools.class.getName())
              .options("-Xmx128m")
              .property("crac.audit", "strict")
              .property("crac.hikari.warm", "eager")
              .image(image.folder())
              .environment("DB_URL", empty.urlOf("postgres", "before"))
              .environment("DB_USER", "nobody")
              .environment("DB_PASSWORD", throwAway)
              .arguments("login", "properties", "provider")
              .start(folder, "original")) {
        original.awaitLine("ready");
        assertThat(HeapDump.of(original, dumps, "original").has(throwAway)).isTrue();
        original.send("checkpoint");
        assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
        assertThat(empty.sessions("before")).isEmpty();
      }
    }
    // The one from before is gone, and the other was not there yet.
    try (Postgres production = Postgres.another()) {
      Logins.add(production, "service", secret);
      for (String name : new String[] {"first", "second"}) {
        try (RunningProcess restored = restore(image, production, name, secret)) {
          restored.awaitLine("restored");
          // Open before anybody asked.
          assertThat(production.sessions(name)).hasSize(3 * 2);
          restored.send("who");
          String service = " service@" + production.port();
          assertThat(restored.awaitLine("who")).isEqualTo("who" + service.repeat(3));
          HeapDump dump = HeapDump.of(restored, dumps, name);
          assertThat(dump.has(secret)).isTrue();
          assertThat(dump.has(throwAway)).isFalse();
          restored.send("end");
          assertThat(restored.awaitExit()).as(restored.told()).isZero();
        }
      }
    }
  }

  private RunningProcess restore(Image image, Postgres database, String name, String password)
      throws Exception {
    return image
        .restore(
            "--clone",
            "-e",
            "DB_URL=" + database.urlOf("postgres", name),
            "-e",
            "DB_USER=service",
            "-e",
            "DB_PASSWORD=" + password)
        .start(folder, name);
  }
}
