/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What was looked for on the class path")
class ConfigurationFilesReadTest {

  private static final String IN_JAR = "classpath:in-jar.properties";
  private static final String NOWHERE = "classpath:config/nowhere.properties";

  private final @Nullable ClassLoader before = Thread.currentThread().getContextClassLoader();

  @TempDir Path temporary;

  @AfterEach
  void putLoaderBack() {
    Thread.currentThread().setContextClassLoader(before);
  }

  @Test
  @DisplayName("is looked for in all jars on the way down, and in none after the restore")
  void jarsOnce() throws Exception {
    URLClassLoader loader = new URLClassLoader(new URL[] {jar()}, before);
    ConfigurationFilesRead read = read(loader);
    assertThat(read.isClassPathUnchanged()).isTrue();
    loader.close(); // from now on it finds nothing
    assertThat(read.areUnchanged()).isTrue();
    assertThat(read.isClassPathUnchanged()).isFalse();
  }

  @Test
  @DisplayName("is found after the restore where it appears in a folder, also one that is new")
  void inFolder() throws Exception {
    Path folder = temporary.resolve("classes");
    URL url = new URL(temporary.toUri().toURL(), "classes/");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar(), url}, before)) {
      ConfigurationFilesRead read = read(loader);
      assertThat(read.isClassPathUnchanged()).isTrue();
      Path file = Files.createDirectories(folder.resolve("config")).resolve("nowhere.properties");
      Files.writeString(file, "a=1");
      assertThat(read.areUnchanged()).isFalse();
      Files.delete(file);
      assertThat(read.areUnchanged()).isTrue();
      Files.writeString(folder.resolve("in-jar.properties"), "a=2"); // behind the jar
      assertThat(read.areUnchanged()).as("it may stand before the jar, too").isFalse();
    }
  }

  @Test
  @DisplayName("is looked for by a class loader that nothing is known of")
  void unknownLoader() throws Exception {
    Path found = Files.writeString(temporary.resolve("found"), "a=1");
    boolean[] appeared = {false};
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {jar()}, before) {
          @Override
          public @Nullable URL findResource(String name) {
            try {
              return appeared[0] && name.endsWith("nowhere.properties")
                  ? found.toUri().toURL()
                  : super.findResource(name);
            } catch (IOException e) {
              return null;
            }
          }
        }) {
      ConfigurationFilesRead read = read(loader);
      assertThat(read.isClassPathUnchanged()).isTrue();
      assertThat(read.areUnchanged()).isTrue();
      appeared[0] = true;
      assertThat(read.areUnchanged()).isFalse();
    }
  }

  private static ConfigurationFilesRead read(ClassLoader loader) {
    Thread.currentThread().setContextClassLoader(loader);
    ConfigurationFilesRead read = new ConfigurationFilesRead(false);
    assertThat(read.getResource(IN_JAR).exists()).isTrue();
    assertThat(read.getResource(NOWHERE).exists()).isFalse();
    return read;
  }

  private URL jar() throws IOException {
    Path jar = temporary.resolve("some.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("in-jar.properties"));
      out.write("a=1".getBytes());
      out.closeEntry();
    }
    return jar.toUri().toURL();
  }
}
