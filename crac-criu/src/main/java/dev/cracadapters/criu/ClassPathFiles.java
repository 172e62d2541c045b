/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;

/**
 * The class path and the module path, with the jars that jars name in their manifests. The JVM
 * opens most of them only when it looks for a class that is in none of those before.
 */
final class ClassPathFiles {

  private ClassPathFiles() {}

  /** Those that exist and can be read, as they are named: the JVM passes over the others. */
  static Set<Path> all() {
    Set<Path> found = new LinkedHashSet<>();
    Deque<Path> open = new ArrayDeque<>();
    for (String property : List.of("java.class.path", "jdk.module.path")) {
      for (String entry : System.getProperty(property, "").split(File.pathSeparator)) {
        if (!entry.isEmpty()) {
          open.add(Path.of(entry).toAbsolutePath().normalize());
        }
      }
    }
    while (!open.isEmpty()) {
      Path entry = open.remove();
      if (Files.isReadable(entry) && found.add(entry) && Files.isRegularFile(entry)) {
        open.addAll(namedBy(entry));
      }
    }
    return found;
  }

  private static Set<Path> namedBy(Path jar) {
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
