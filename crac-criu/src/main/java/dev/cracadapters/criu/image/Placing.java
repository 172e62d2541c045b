/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts an image that came from elsewhere into its place, as the dump script does with a new one:
 * one rename, that of the restore script, makes it the image. A script that is in its place finds
 * the rest in the staging folder by the name which that folder had at the checkpoint.
 */
public final class Placing {

  private static final Pattern STAGED = Pattern.compile("(?m)^staged='(\\.new-[0-9a-f-]+)'$");

  private Placing() {}

  /**
   * Puts it in place.
   *
   * @param staging a folder that {@link ImageFolder#stage} made, with all files of an image
   * @throws RefusedException if nothing has changed in the image folder, and nothing can
   */
  public static void commit(Path staging) throws IOException, RefusedException {
    Path image = staging.resolveSibling("");
    Matcher name = STAGED.matcher(Files.readString(staging.resolve("restore")));
    if (!name.find()) {
      throw new RefusedException(
          image.toString(),
          "its restore script does not say by which name it finds its files",
          "Pack an image that this version of crac-criu wrote");
    }
    Path named = staging.resolveSibling(name.group(1));
    if (Files.exists(named, LinkOption.NOFOLLOW_LINKS)) {
      throw new RefusedException(
          image.toString(),
          "this image is just being put there: there is a folder " + named,
          "Wait until that is done, or remove that folder");
    }
    Files.move(staging, named, StandardCopyOption.ATOMIC_MOVE);
    try {
      Files.createFile(named.resolve("committed"));
      Files.move(
          named.resolve("restore"), image.resolve("restore"), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.move(named, staging, StandardCopyOption.ATOMIC_MOVE); // for whoever gives it up
      throw e;
    }
    Path older = Files.createDirectories(named.resolve("older"));
    for (String part : FolderContents.IMAGE) {
      Path fresh = named.resolve(part);
      Path there = image.resolve(part);
      if (part.equals("restore")) {
        continue;
      }
      if (Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(there, older.resolve(part), StandardCopyOption.ATOMIC_MOVE);
      }
      if (Files.exists(fresh, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(fresh, there, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    removeUnmoved(image); // this one's folder, too
  }

  /** What older images have left that were never moved: this one has taken their place. */
  private static void removeUnmoved(Path image) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(image, Staging.PREFIX + "*")) {
      for (Path one : left) {
        if (Files.notExists(one.resolve("restore")) && Files.exists(one.resolve("committed"))) {
          ImageFolder.discard(one);
        }
      }
    }
  }
}
