/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The class path of this JVM: the entries it was started with, and the jars that those name in
 * their manifests (the jar that Spring Boot extracts names all of its libraries so).
 */
final class ClassPath {

  private final Set<Path> named = new HashSet<>();
  private @Nullable Set<Path> all;

  ClassPath() {
    for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator)) {
      if (!entry.isEmpty()) {
        add(Path.of(entry), named);
      }
    }
  }

  boolean contains(Path path) {
    // The manifests are read only when somebody asks for a jar that the JVM was not given.
    return named.contains(path)
        || path.toString().endsWith(".jar") && withManifests().contains(path);
  }

  private Set<Path> withManifests() {
    Set<Path> found = all;
    if (found == null) {
      found = new HashSet<>();
      Deque<Path> open = new ArrayDeque<>(named);
      while (!open.isEmpty()) {
        Path entry = open.remove();
        if (found.add(entry) && Files.isRegularFile(entry)) {
          Set<Path> more = new HashSet<>();
          ManifestClassPath.of(entry).forEach(path -> add(path, more));
          open.addAll(more);
        }
      }
      all = found;
    }
    return found;
  }

  private static void add(Path entry, Set<Path> paths) {
    Path path = entry.toAbsolutePath().normalize();
    paths.add(path);
    try {
      paths.add(path.toRealPath());
    } catch (IOException e) {
      paths.add(path); // an entry that does not exist is no open file either
    }
  }
}
