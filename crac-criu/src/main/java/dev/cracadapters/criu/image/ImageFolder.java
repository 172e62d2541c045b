/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder an image is written to. A new image is staged inside it, and takes the older one's
 * place when it is whole.
 */
public final class ImageFolder {

  private final Path path;

  private ImageFolder(Path path) {
    this.path = path;
  }

  public static ImageFolder of(@Nullable Path named) throws RefusedException {
    if (named == null) {
      throw new RefusedException(
          "image folder",
          "none was named",
          "Set spring.crac.image, or the system property crac.image, to a folder to write the image"
              + " to");
    }
    return new ImageFolder(named.toAbsolutePath().normalize());
  }

  /** Makes the folder if need be, for its owner alone, and tries to write into it. */
  public void checkWritable() throws RefusedException {
    try {
      if (!Files.isDirectory(path)) {
        Files.createDirectories(path);
      }
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
      if (endsWithTheClone(Proc.self().lines("mountinfo"))) {
        throw new RefusedException(
            "image folder " + path,
            "it is in a folder of this clone's own, which is gone when the clone ends",
            "Name a folder that the process does not delete at its end");
      }
      Files.delete(Files.createTempFile(path, ".probe", null));
    } catch (IOException | UnsupportedOperationException e) {
      throw unwritable(e);
    }
  }

  /** Whether it lies in what a restore with {@code --clone} has mounted for the clone alone. */
  boolean endsWithTheClone(List<String> mountinfo) throws IOException {
    Path real = path.toRealPath();
    String deepest = "";
    boolean own = false;
    for (String line : mountinfo) {
      // proc(5): ID, parent, device, root, mount point, options, optional fields, -, type, source
      String[] fields = line.split(" ");
      String point = fields[4].replace("\\040", " ");
      // Of several on one mount point the last one is seen.
      if (real.startsWith(point) && point.length() >= deepest.length()) {
        deepest = point;
        own = fields[3].contains("/crac-clone.") || line.contains(" - tmpfs crac-clone ");
      }
    }
    return own;
  }

  public RefusedException unwritable(Exception e) {
    return new RefusedException(
        "image folder " + path,
        "it cannot be written (" + e + ")",
        "Name a folder this process may write to, with room for its memory, by spring.crac.image or"
            + " crac.image",
        e);
  }

  /** A new folder inside for an image in the making. */
  public Path stage() throws RefusedException {
    checkWritable();
    try {
      Path staging = path.toRealPath().resolve(".new-" + ProcessHandle.current().pid());
      discard(staging); // of a process with this PID that was killed while it wrote
      return Files.createDirectory(
          staging,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException | UncheckedIOException e) {
      throw unwritable(e);
    }
  }

  /** Removes a folder with all that is in it, if it is there. */
  public static void discard(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("A folder cannot be removed: " + folder, e);
    }
  }
}
