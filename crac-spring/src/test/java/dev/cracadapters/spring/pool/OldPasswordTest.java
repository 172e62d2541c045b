/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cracadapters.spring.fixture.HeapFile;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A password that was rotated while the application was an image")
class OldPasswordTest {

  private static final Postgres POSTGRES = Postgres.shared();
  private static final List<String> USERS = List.of("by_file", "by_tree", "by_property");

  @TempDir private Path folder;

  private void rotate(Map<String, String> passwords) throws Exception {
    for (String user : USERS) {
      String password = user + '-' + UUID.randomUUID();
      if (passwords.put(user, password) == null) {
        POSTGRES.createUser(user, password);
      } else {
        POSTGRES.changePassword(user, password);
      }
    }
    Path tree = Files.createDirectories(folder.resolve("tree/by-tree"));
    Files.writeString(tree.resolve("password"), passwords.get("by_tree"));
    Files.writeString(folder.resolve("property"), passwords.get("by_property"));
    RotatedApplication.configure(
        folder,
        "folder=" + folder,
        "spring.config.import=configtree:" + folder.resolve("tree") + "/",
        "spring.datasource.url=" + POSTGRES.url("by_file"),
        "spring.datasource.username=by_file",
        "spring.datasource.password=" + passwords.get("by_file"),
        "by-tree.jdbc-url=" + POSTGRES.url("by_tree"),
        "by-tree.username=by_tree",
        "by-property.url=" + POSTGRES.url("by_property"),
        "by-property.username=by_property");
  }

  @Test
  @DisplayName("is not in the heap any more after the restore, wherever it came from")
  void notInTheHeap() throws Exception {
    Map<String, String> old = new TreeMap<>();
    rotate(old);
    Map<String, String> rotated = new TreeMap<>(old);
    Path console = folder.resolve("console");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-cp",
                System.getProperty("java.class.path"),
                ForgetfulProgram.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(console.toFile())
            .start();
    try {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !process.isAlive() || Files.exists(folder.resolve("ready")));
      assertThat(process.isAlive()).as(Files.readString(console)).isTrue();
      assertThat(POSTGRES.sessions()).isEmpty();
      rotate(rotated);
      Path whole = Files.writeString(folder.resolve("whole"), "CRAC_INSTANCE_ID=clone\n");
      Files.move(whole, folder.resolve("go"), StandardCopyOption.ATOMIC_MOVE);
      boolean ended = process.waitFor(60, TimeUnit.SECONDS);
      assertThat(ended).as(Files.readString(console)).isTrue();
    } finally {
      process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    }
    assertThat(process.exitValue()).as(Files.readString(console)).isZero();
    Path heap = folder.resolve("heap.hprof");
    assertThat(HeapFile.contained(heap, rotated)).containsExactlyInAnyOrderElementsOf(USERS);
    assertThat(HeapFile.contained(heap, old)).isEmpty();
  }
}
