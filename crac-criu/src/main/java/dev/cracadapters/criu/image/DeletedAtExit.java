/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalGroup;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.UnsupportedLibraryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What this process has said it will delete when it ends ({@code File.deleteOnExit}): Tomcat's and
 * Jetty's base folders, extracted libraries. Clones that shared it would take it from each other.
 */
public final class DeletedAtExit {

  private static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-criu");

  private static final InternalGroup<Hook> HOOK =
      JDK.optional("temporary folders of a clone's own", Hook::new);

  private static final class Hook {

    /** Null when the JVM is ending. */
    private final InternalField<Object> files =
        JDK.field(JDK.type("java.io.DeleteOnExitHook"), "files");
  }

  private DeletedAtExit() {}

  /**
   * For the restore script: a real path a line, none below another. Not what the image is in, which
   * the next checkpoint replaces for others, too.
   *
   * @param image the image folder
   */
  public static String lines(Path image) throws IOException {
    return NeededFiles.lines(among(registered(), image));
  }

  static List<Path> among(Collection<?> registered, Path image) throws IOException {
    SortedSet<Path> there = new TreeSet<>();
    for (Object one : registered) {
      try {
        Path path = Path.of(one.toString()).toAbsolutePath();
        if (isOwn(path) && !image.toRealPath().startsWith(path.toRealPath())) {
          there.add(path.toRealPath());
        }
      } catch (InvalidPathException e) {
        continue; // the scripts could not name it
      }
    }
    List<Path> highest = new ArrayList<>();
    for (Path path : there) { // a folder comes before what is in it
      if (highest.stream().noneMatch(path::startsWith)) {
        highest.add(path);
      }
    }
    return highest;
  }

  private static boolean isOwn(Path path) {
    return path.toString().indexOf('\n') < 0
        && (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
            || Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
  }

  private static Collection<?> registered() {
    try {
      Object files = HOOK.isAvailable() ? HOOK.find().orElseThrow().files.find(null) : null;
      if (files == null) {
        return Collections.emptyList();
      }
      synchronized (JDK.type("java.io.DeleteOnExitHook")) { // as its methods are
        return List.copyOf((Collection<?>) files);
      }
    } catch (UnsupportedLibraryException e) {
      return Collections.emptyList(); // one WARN has said so
    }
  }
}
