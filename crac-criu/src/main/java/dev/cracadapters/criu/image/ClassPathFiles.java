/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.audit.ManifestClassPath;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

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
        open.addAll(ManifestClassPath.of(entry));
      }
    }
    return found;
  }
}
