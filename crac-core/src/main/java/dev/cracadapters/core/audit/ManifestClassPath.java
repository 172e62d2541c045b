/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * The jars that a jar names in its manifest, which the JVM takes for a part of the class path (the
 * {@code Class-Path} attribute of the JAR file specification).
 */
public final class ManifestClassPath {

  private ManifestClassPath() {}

  /**
   * {@return the files that a jar names, in their order, whether they exist or not; none for what
   * is no jar, as the JVM passes over that}
   */
  public static Set<Path> of(Path jar) {
    Set<Path> paths = new LinkedHashSet<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      String entries =
          manifest == null
              ? null
              : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
      for (String entry : entries == null ? new String[0] : entries.strip().split("\\s+")) {
        URI uri = jar.toUri().resolve(entry);
        if ("file".equals(uri.getScheme())) {
          paths.add(Path.of(uri).normalize());
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      return paths; // not a jar, or an entry that is no URL: the JVM passes over both
    }
    return paths;
  }
}
