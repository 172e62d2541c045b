/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.mapping.MapMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The classes that the dump script is given")
class MappedMemoryTest {

  @Test
  @DisplayName("are all those of the package")
  void all() throws Exception {
    Path folder =
        Path.of(MapMemory.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve(MapMemory.class.getPackageName().replace('.', '/'));
    try (Stream<Path> classes = Files.list(folder)) {
      assertThat(classes.map(one -> one.getFileName().toString().replace(".class", "")))
          .filteredOn(name -> !name.equals("package-info"))
          .containsExactlyInAnyOrderElementsOf(MappedMemory.CLASSES);
    }
  }
}
