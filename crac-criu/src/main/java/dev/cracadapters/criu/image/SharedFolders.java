/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The folders above what a process needs, by its name and by its real path, and those among them
 * that everybody may write to, such as {@code /tmp}. Below these somebody else can make a file
 * before a restore looks for it.
 */
record SharedFolders(SortedSet<Path> all, List<Path> shared) {

  @SafeVarargs
  static SharedFolders above(Collection<Path>... needed) throws IOException {
    SortedSet<Path> all = new TreeSet<>();
    for (Collection<Path> paths : needed) {
      for (Path path : paths) {
        addAbove(path, all);
        if (Files.exists(path)) {
          addAbove(path.toRealPath(), all);
        }
      }
    }
    return new SharedFolders(all, all.stream().filter(SharedFolders::isOpenToAll).toList());
  }

  private static void addAbove(Path path, SortedSet<Path> all) {
    for (Path at = path.getParent(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at) && !all.add(at)) {
        return;
      }
    }
  }

  private static boolean isOpenToAll(Path folder) {
    try {
      return Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      return false; // it is gone, as is what was in it
    }
  }

  /** Whether a file lies below one that everybody may write to, by its name or in truth. */
  boolean isShared(Path file) {
    try {
      Path real = Files.exists(file) ? file.toRealPath() : file;
      return shared.stream().anyMatch(one -> file.startsWith(one) || real.startsWith(one));
    } catch (IOException e) {
      return true; // it cannot be said
    }
  }
}
