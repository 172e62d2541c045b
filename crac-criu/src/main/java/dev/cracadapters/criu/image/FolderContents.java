/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is in a folder that an image is to be written to: nothing, an image, or somebody's files.
 */
public final class FolderContents {

  static final String PROBE = ".probe";
  public static final String REMEDY =
      "Name an empty folder, one that does not exist yet, or an image's";

  private static final int BEGINNING = 64;
  private static final Pattern MANIFEST =
      Pattern.compile("\\{\\s*\"format\" *: *\\d+,\\s*\"time\" *: *\".*", Pattern.DOTALL);

  /** Of an image; of one that was being put in its place, there may be some without the others. */
  static final Set<String> IMAGE =
      Set.of(
          "restore",
          "manifest.json",
          "criu",
          "memory",
          "copies",
          "perfdata",
          "encrypted",
          "dump.log",
          "SHA256SUMS",
          "SHA256SUMS.sig");

  private FolderContents() {}

  /** The names that an image's own files and folders have in its folder. */
  public static Set<String> parts() {
    return IMAGE;
  }

  /** What would be lost or mixed with an image's files; empty if the folder may be used. */
  public static Optional<String> foreign(Path folder) throws IOException {
    List<String> names;
    try (Stream<Path> entries = Files.list(folder)) {
      names =
          entries
              .map(entry -> entry.getFileName().toString())
              .filter(name -> !name.equals("lost+found") && !name.startsWith(PROBE))
              .sorted()
              .toList();
    }
    boolean interrupted = names.stream().anyMatch(name -> name.startsWith(Staging.PREFIX));
    List<String> foreign =
        names.stream()
            .filter(name -> !name.startsWith(Staging.PREFIX))
            .filter(name -> !interrupted || !IMAGE.contains(name))
            .toList();
    if (foreign.isEmpty() || hasManifest(folder)) {
      return Optional.empty();
    }
    return Optional.of("it holds other files and no image: " + foreign.get(0));
  }

  private static boolean hasManifest(Path folder) throws IOException {
    Path manifest = folder.resolve("manifest.json");
    if (!Files.isRegularFile(manifest)) {
      return false;
    }
    try (InputStream file = Files.newInputStream(manifest)) {
      String beginning = new String(file.readNBytes(BEGINNING), StandardCharsets.UTF_8);
      return MANIFEST.matcher(beginning).matches();
    }
  }
}
