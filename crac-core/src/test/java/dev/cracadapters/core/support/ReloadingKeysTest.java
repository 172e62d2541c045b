/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.crac.RestoreException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("Keys that are read again")
class ReloadingKeysTest {

  @TempDir Path folder;

  private final Map<String, String> settings = new HashMap<>(Map.of("password", "changeit"));
  private Path file;
  private Library library;
  private ReloadingKeys keys;

  @BeforeEach
  void load() throws Exception {
    file = folder.resolve("keys.p12");
    Files.writeString(file, "first");
    library = new Library();
    keys = new ReloadingKeys(library);
    keys.reload();
    library.loads = 0;
  }

  @Test
  @DisplayName("are left alone where nothing has changed")
  void unchanged() throws Exception {
    keys.reloadIfChanged();
    assertThat(library.loads).isZero();
  }

  @Test
  @DisplayName("are read once where the file's content has changed, also with the time it had")
  void changedFile() throws Exception {
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "other");
    Files.setLastModifiedTime(file, time);
    keys.reloadIfChanged();
    keys.reloadIfChanged();
    assertThat(library.loads).isOne();
    assertThat(library.inUse).isEqualTo("other");
  }

  @Test
  @DisplayName("are read where the password has changed")
  void changedPassword() throws Exception {
    settings.put("password", "changed");
    keys.reloadIfChanged();
    assertThat(library.loads).isOne();
  }

  @Test
  @DisplayName("that cannot be read leave the old ones in use, say so, and are tried again")
  void broken() throws Exception {
    Files.delete(file);
    assertThatThrownBy(() -> keys.reloadIfChanged())
        .isInstanceOf(RestoreException.class)
        .hasMessageContaining("the key store " + file + " cannot be read again (")
        .hasMessageContaining("from before stay in use");
    assertThat(library.inUse).isEqualTo("first");
    assertThatThrownBy(() -> keys.reloadIfChanged()).isInstanceOf(RestoreException.class);
    Files.writeString(file, "second");
    keys.reloadIfChanged();
    assertThat(library.inUse).isEqualTo("second");
  }

  @Test
  @DisplayName("that change while they are read are read again the next time")
  void changedMeanwhile() throws Exception {
    library.whileLoading = () -> Files.writeString(file, "third");
    Files.writeString(file, "second");
    keys.reloadIfChanged();
    library.whileLoading = () -> {};
    keys.reloadIfChanged();
    assertThat(library.inUse).isEqualTo("third");
  }

  @Test
  @DisplayName("that somebody loaded from a file older than the JVM are known")
  void loadedBefore() throws Exception {
    file = Path.of(System.getProperty("java.home"), "release");
    ReloadingKeys old = new ReloadingKeys(library);
    old.onLoaded();
    old.reloadIfChanged();
    assertThat(library.loads).isZero();
  }

  @Test
  @DisplayName("that somebody loaded from a file that was touched since are read to be sure")
  void loadedFromTouchedFile() throws Exception {
    ReloadingKeys touched = new ReloadingKeys(library);
    touched.onLoaded();
    touched.reloadIfChanged();
    touched.reloadIfChanged();
    assertThat(library.loads).isOne();
  }

  private interface Step {
    void run() throws IOException;
  }

  private final class Library implements ReloadingKeys.Source {

    private String inUse;
    private int loads;
    private Step whileLoading = () -> {};

    @Override
    public String description() {
      return "the key store " + file;
    }

    @Override
    public Map<String, String> settings() {
      return settings;
    }

    @Override
    public List<Path> files() {
      return List.of(file);
    }

    @Override
    public void load() throws IOException {
      String read = Files.readString(file);
      whileLoading.run();
      inUse = read;
      loads++;
    }
  }
}
