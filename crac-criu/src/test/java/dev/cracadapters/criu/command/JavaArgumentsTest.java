/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A java command")
class JavaArgumentsTest {

  @TempDir private Path folder;

  private static boolean hasCore(String... arguments) {
    return new JavaArguments(List.of(arguments)).hasCore();
  }

  @Test
  @DisplayName("has crac-core in a folder of jars as on a class path that names it")
  void folderOfJars() throws Exception {
    String all = folder + "/*";
    assertThat(hasCore("-cp", all, "Main")).isFalse();
    Files.createFile(folder.resolve("slf4j-api-2.0.18.jar"));
    assertThat(hasCore("-cp", all, "Main")).isFalse();
    Path core = Files.createFile(folder.resolve("crac-core-1.0.jar"));
    String classPath = String.join(File.pathSeparator, ".", all);
    assertThat(hasCore("-cp", classPath, "Main")).isTrue();
    assertThat(hasCore("-classpath", core.toString(), "Main")).isTrue();
    assertThat(hasCore("--class-path=" + classPath, "Main")).isTrue();
    assertThat(hasCore("-cp", folder.resolve("none") + "/*", "Main")).isFalse();
  }
}
