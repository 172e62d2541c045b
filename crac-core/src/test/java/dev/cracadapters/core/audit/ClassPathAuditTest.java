/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static dev.cracadapters.core.CoordinatorSettings.AuditMode.STRICT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.crac.Core;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The strict audit")
class ClassPathAuditTest {

  @TempDir Path temp;

  private final String classPath = System.getProperty("java.class.path");
  private Path folder;

  @BeforeEach
  void realFolder() throws IOException {
    folder = temp.toRealPath();
  }

  @AfterEach
  void restoreClassPath() {
    System.setProperty("java.class.path", classPath);
  }

  private Path jar(String name, String... manifestClassPath) throws IOException {
    Path jar = folder.resolve(name);
    Files.createDirectories(jar.getParent());
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    if (manifestClassPath.length > 0) {
      manifest
          .getMainAttributes()
          .put(Attributes.Name.CLASS_PATH, String.join(" ", manifestClassPath));
    }
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      out.putNextEntry(new JarEntry("x"));
    }
    return jar;
  }

  private static Optional<String> refusalOfOpen(Path file) throws IOException {
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isPositive();
      return Audited.refusal(STRICT, file.toRealPath().toString());
    }
  }

  @Test
  @DisplayName("lets the jars of the class path pass")
  void jarOfTheClassPath() throws IOException {
    Path jar = jar("library.jar");
    assertThat(refusalOfOpen(jar)).isPresent();

    System.setProperty("java.class.path", classPath + File.pathSeparator + jar);

    assertThat(refusalOfOpen(jar)).isEmpty();
  }

  @Test
  @DisplayName("lets the real jars of this JVM's class path pass")
  void realClassPath() throws Exception {
    Path jar = Path.of(Core.class.getProtectionDomain().getCodeSource().getLocation().toURI());

    assertThat(jar.toString()).endsWith(".jar");
    try (InputStream open = Files.newInputStream(jar)) {
      assertThat(open.read()).isPositive();
      assertThat(Audited.audit(STRICT).run().refusals())
          .noneMatch(refusal -> refusal.getMessage().contains(jar.toString()));
    }
  }

  @Test
  @DisplayName("lets a jar of the class path pass that is named by a link")
  void link() throws IOException {
    Path jar = jar("library-1.0.jar");
    Path link = Files.createSymbolicLink(folder.resolve("library.jar"), jar);

    System.setProperty("java.class.path", link.toString());

    assertThat(refusalOfOpen(jar)).isEmpty();
  }

  @Test
  @DisplayName("lets the jars pass that a jar of the class path names in its manifest")
  void manifest() throws IOException {
    Path named = jar("lib/named.jar");
    Path encoded = jar("lib/with blank.jar");
    Path second = jar("lib/second.jar");
    Path first = jar("lib/first.jar", "second.jar");
    Path notNamed = jar("lib/other.jar");
    Path app =
        jar("app.jar", "lib/named.jar", "lib/with%20blank.jar", "lib/first.jar", "no-such.jar");

    System.setProperty("java.class.path", app.toString());

    assertThat(refusalOfOpen(app)).isEmpty();
    assertThat(refusalOfOpen(named)).isEmpty();
    assertThat(refusalOfOpen(encoded)).isEmpty();
    assertThat(refusalOfOpen(second)).as("named by a jar that is named").isEmpty();
    assertThat(refusalOfOpen(first)).isEmpty();
    assertThat(refusalOfOpen(notNamed)).isPresent();
  }

  @Test
  @DisplayName("is not troubled by a class path with a broken jar, an empty entry and a gone one")
  void brokenJar() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken.jar"), "this is no jar");
    Path other = jar("other.jar");
    System.setProperty(
        "java.class.path",
        String.join(File.pathSeparator, "", broken.toString(), folder.resolve("gone").toString()));

    assertThat(refusalOfOpen(broken)).isEmpty();
    assertThat(refusalOfOpen(other)).isPresent();
  }

  @Test
  @DisplayName("refuses a jar of the class path that is open for writing")
  void written() throws IOException {
    Path jar = jar("library.jar");
    System.setProperty("java.class.path", jar.toString());

    try (var open = Files.newOutputStream(jar)) {
      open.write(1);
      assertThat(Audited.refusal(STRICT, jar.toString())).isPresent();
    }
  }
}
