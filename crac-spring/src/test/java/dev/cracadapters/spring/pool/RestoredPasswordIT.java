/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.spring.fixture.HeapFile;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresCriu
@DisplayName("After a real restore with another DB_PASSWORD")
class RestoredPasswordIT {

  private static final Postgres POSTGRES = Postgres.shared();

  @TempDir Path folder;

  @Test
  @DisplayName("the new one is used, and the old one is in the heap no more")
  void rotated() throws Exception {
    String old = "old-" + UUID.randomUUID();
    String rotated = "new-" + UUID.randomUUID();
    POSTGRES.createUser("app", old);
    Image image = new Image(folder.resolve("image"));
    try (RunningProcess original =
        JvmCommand.ofMainClass(PasswordProgram.class.getName())
            .options("-Xmx160m")
            .environment("DB_PASSWORD", old)
            .property("spring.datasource.url", POSTGRES.url("app"))
            .property("spring.datasource.username", "app")
            .property("spring.datasource.password", "${DB_PASSWORD}")
            .property("spring.datasource.hikari.maximum-pool-size", 2)
            .property("spring.crac.enabled", true)
            .property("spring.crac.image", image.folder())
            .property("spring.crac.criu.trim", false)
            .image(image.folder())
            .start(folder, "original")) {
      original.awaitLine("logged in as app");
      original.send("checkpoint");
      assertThat(original.awaitExit()).as(original.told()).isEqualTo(137);
    }
    assertThat(POSTGRES.sessions()).isEmpty();
    POSTGRES.changePassword("app", rotated);

    Path heap = folder.resolve("heap.hprof");
    try (RunningProcess restored =
        image.restore("-e", "DB_PASSWORD=" + rotated).start(folder, "restored")) {
      restored.awaitLine("logged in as app");
      restored.send(heap.toString());
      restored.awaitLine("dumped");
      restored.send("end");
      assertThat(restored.awaitExit()).as(restored.told()).isZero();
    }
    assertThat(Files.size(heap)).isPositive();
    assertThat(HeapFile.contained(heap, Map.of("old", old, "new", rotated))).containsOnly("new");
  }
}
