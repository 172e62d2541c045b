/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.hikari.fixture.HeapDump;
import dev.cracadapters.hikari.fixture.Logins;
import dev.cracadapters.hikari.fixture.Postgres;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A password that is changed between a checkpoint and the restore. */
@Timeout(90)
class ForgottenPasswordTest {

  @Test
  @DisplayName("The new one works however it is given, and no live object has the old one")
  void forgotten(@TempDir Path folder) throws Exception {
    Postgres postgres = Postgres.shared();
    String before = Logins.password();
    String after = Logins.password();
    Logins.add(postgres, "rotated", before);
    List<String> ways = new ArrayList<>(List.of("login", "properties", "url", "class", "object"));
    if (Provided.isThere()) {
      ways.add("provider");
    }
    Path told = tell(folder, before);
    try (RunningProcess process =
        JvmCommand.ofMainClass(RotatedPools.class.getName())
            .options("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
            .property("crac.engine", "pause")
            .property("told.by", told)
            .arguments(ways.toArray(String[]::new))
            .start(folder, "pools")) {
      process.awaitLine("ready");
      HeapDump first = HeapDump.of(process, folder, "before");
      assertThat(first.has(before)).isTrue();
      assertThat(first.has(after)).isFalse();

      Logins.change(postgres, "rotated", after);
      tell(folder, after);
      process.send("checkpoint");
      process.awaitLine("restored");
      process.send("who");
      assertThat(process.awaitLine("who ").split(" "))
          .hasSize(1 + ways.size())
          .contains("rotated@" + postgres.port());
      HeapDump second = HeapDump.of(process, folder, "after");
      assertThat(second.has(after)).isTrue();
      assertThat(second.has(before)).isFalse();
      process.send("end");
      assertThat(process.awaitExit()).as(process.told()).isZero();
    }
  }

  private static Path tell(Path folder, String password) throws Exception {
    Properties told = new Properties();
    told.setProperty("DB_URL", Postgres.shared().urlOf("postgres", "rotated"));
    told.setProperty("DB_USER", "rotated");
    told.setProperty("DB_PASSWORD", password);
    Path file = folder.resolve("told");
    try (OutputStream out = Files.newOutputStream(file)) {
      told.store(out, null);
    }
    return file;
  }
}
