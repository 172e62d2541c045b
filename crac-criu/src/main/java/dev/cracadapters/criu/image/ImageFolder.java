/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder an image is written to: one that does not exist yet, an empty one, or one with an
 * older image. A new image is staged inside it, and takes the older one's place when it is whole.
 * What else is in the folder stays as it is, and so does the folder's mode.
 */
public final class ImageFolder {

  private static final Logger LOG = LoggerFactory.getLogger(ImageFolder.class);

  private static final FileAttribute<Set<PosixFilePermission>> OWNERS = mode("rwx------");

  /** As far as the umask lets others in. */
  private static final FileAttribute<Set<PosixFilePermission>> READABLE = mode("rwxr-xr-x");

  /** How long somebody may go on to fill a folder that is removed. */
  private static final Duration FILLED_AGAIN = Duration.ofSeconds(10);

  private static final String BY_SETTINGS =
      "Name a folder this process may write to, with room for its memory, by spring.crac.image or"
          + " crac.image";

  private final Path path;

  /** What to do where it cannot be written. */
  private final String remedy;

  /** What this has made, the innermost first. */
  private final List<Path> made = new ArrayList<>();

  private ImageFolder(Path path, String remedy) {
    this.path = path;
    this.remedy = remedy;
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }

  public static ImageFolder of(@Nullable Path named) throws RefusedException {
    if (named == null) {
      throw new RefusedException(
          "image folder",
          "none was named",
          "Set spring.crac.image, or the system property crac.image, to a folder to write the image"
              + " to");
    }
    return new ImageFolder(ImageLabel.complete(named.toAbsolutePath().normalize()), BY_SETTINGS);
  }

  /** One that somebody names in words of a command, and not by settings. */
  public static ImageFolder named(Path path, String remedy) {
    return new ImageFolder(path.toAbsolutePath().normalize(), remedy);
  }

  /**
   * Tries to write into the folder, and looks who else could and what is in it. A folder that this
   * has to make for that is removed again.
   */
  public void checkWritable() throws RefusedException {
    try {
      open(false);
    } finally {
      removeMade();
    }
  }

  /** Makes the folder if need be, for its owner alone. */
  private void open(boolean warns) throws RefusedException {
    try {
      requireTrusted(FolderTrust.current().link(path), false);
      make();
      requireTrusted(FolderTrust.current().weakness(path, true), warns);
      requireFree();
      if (endsWithTheClone(Proc.self().lines("mountinfo"))) {
        throw new RefusedException(
            "image folder " + path,
            "it is in a folder of this clone's own, which is gone when the clone ends",
            "Name a folder that the process does not delete at its end");
      }
      Staging.probe(path);
    } catch (IOException | UnsupportedOperationException e) {
      throw unwritable(e);
    }
  }

  private void make() throws IOException, RefusedException {
    Path there = path;
    List<Path> missing = new ArrayList<>();
    while (there != null && !Files.exists(there)) {
      missing.add(0, there);
      there = there.getParent();
    }
    for (Path one : missing) {
      if (Files.isSymbolicLink(one)) {
        throw new RefusedException(
            "image folder " + path,
            one + " is a link to " + Files.readSymbolicLink(one) + ", which is not there",
            "Make that folder, or remove the link");
      }
    }
    if (there != null && !missing.isEmpty()) {
      requireTrusted(FolderTrust.current().weakness(there, false), false);
    }
    for (Path one : missing) {
      Files.createDirectory(one, one.equals(path) ? OWNERS : READABLE);
      made.add(0, one);
    }
  }

  private void removeMade() {
    for (Path one : made) {
      try {
        Files.deleteIfExists(one);
      } catch (IOException e) {
        break; // somebody has put something there meanwhile
      }
    }
    made.clear();
  }

  private void requireTrusted(Optional<FolderTrust.Weakness> weakness, boolean warns)
      throws RefusedException {
    if (weakness.isEmpty()) {
      return;
    }
    if (weakness.get().fatal()) {
      throw new RefusedException(
          "image folder " + path, weakness.get().cause(), weakness.get().remedy());
    }
    if (warns) {
      LOG.warn("The image folder {}: {}", path, weakness.get().cause());
    }
  }

  private void requireFree() throws IOException, RefusedException {
    Optional<String> foreign = FolderContents.foreign(path);
    if (foreign.isPresent()) {
      throw new RefusedException("image folder " + path, foreign.get(), FolderContents.REMEDY);
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
        Files.isRegularFile(path)
            ? "it is a file, and no folder"
            : "it cannot be written (" + e + ")",
        remedy,
        e);
  }

  /** A new folder inside for an image in the making, its owner's alone. */
  public Path stage() throws RefusedException {
    Path staging = null;
    boolean staged = false;
    try {
      open(true);
      Path real = path.toRealPath();
      Staging.removeDead(real);
      Leftovers.remove();
      staging = Staging.in(real, OWNERS);
      staged = true;
      return staging;
    } catch (IOException | UncheckedIOException e) {
      throw unwritable(e);
    } finally {
      if (!staged) {
        giveUp(staging);
      }
    }
  }

  /**
   * Removes the folder that {@link #stage} made, and with it an image folder that it had to make.
   * If its restore script has gone into place meanwhile, it stays: it holds what that restores.
   */
  public void giveUp(@Nullable Path staging) {
    if (staging != null && Staging.takeBack(staging)) {
      discard(staging);
    }
    removeMade();
  }

  /**
   * Removes a folder with all that is in it, if it is there. Others may still make and remove files
   * in it: it is gone, and with it their way in, at the first moment at which it is empty.
   */
  public static void discard(Path folder) {
    Deadline limit = Deadline.after(FILLED_AGAIN);
    try {
      while (!removed(folder)) {
        if (limit.hasPassed()) {
          throw new DirectoryNotEmptyException(folder.toString());
        }
        Thread.yield();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("A folder cannot be removed: " + folder, e);
    }
  }

  /** False if it was filled again meanwhile. */
  private static boolean removed(Path path) throws IOException {
    try {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
          for (Path one : entries) {
            removed(one);
          }
        }
      }
      Files.delete(path);
      return true;
    } catch (NoSuchFileException e) {
      return true;
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
  }
}
