/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.FolderContents;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The files of an image folder, and nothing else that may be in it. */
record ImageParts(Path folder, List<String> names, Map<String, String> digests) {

  static final String SUMS = "SHA256SUMS";
  private static final int DIGEST_DIGITS = 64;

  /** Of a whole image: one whose parts are all in their places. */
  static ImageParts of(Path image) throws RefusedException, IOException {
    if (Files.isDirectory(image) && !(Files.isReadable(image) && Files.isExecutable(image))) {
      throw new RefusedException(
          image.toString(), "this user may not read it", "Run the command as its owner");
    }
    for (String needed : List.of("restore", "manifest.json", SUMS)) {
      if (!Files.isRegularFile(image.resolve(needed), LinkOption.NOFOLLOW_LINKS)) {
        throw new RefusedException(
            image.toString(),
            "it is no image: it has no file " + needed,
            "Name a folder that a checkpoint wrote and completed");
      }
    }
    List<String> names = new ArrayList<>();
    for (String part : FolderContents.parts()) {
      Path path = image.resolve(part);
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
          for (Path file : files) {
            add(file, part + '/' + file.getFileName(), names);
          }
        }
      } else if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        add(path, part, names);
      }
    }
    names.sort(null);
    return new ImageParts(image, names, digests(Files.readString(image.resolve(SUMS))));
  }

  /** Nothing but files: whoever opens a FIFO waits, and a link leads anywhere. */
  private static void add(Path file, String name, List<String> names) throws RefusedException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new RefusedException(
          file.toString(),
          "it is no file, and no checkpoint wrote it",
          "Remove it, or take a new checkpoint");
    }
    names.add(name);
  }

  /** Of each file that the image's own list names. */
  static Map<String, String> digests(String sums) {
    Map<String, String> digests = new LinkedHashMap<>();
    sums.lines()
        .filter(line -> line.length() > DIGEST_DIGITS + 2)
        .forEach(
            line ->
                digests.put(line.substring(DIGEST_DIGITS + 2), line.substring(0, DIGEST_DIGITS)));
    return digests;
  }

  /**
   * Whether it is a name that an image can have: of one of its parts, and not leading out of it.
   */
  static boolean isPart(String name) {
    String[] words = name.split("/", -1);
    return words.length <= 2
        && FolderContents.parts().contains(words[0])
        && name.matches("[A-Za-z0-9._-]+(/[A-Za-z0-9_-][A-Za-z0-9._-]*)?");
  }
}
