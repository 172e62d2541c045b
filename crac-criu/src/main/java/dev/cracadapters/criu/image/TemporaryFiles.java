/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a process keeps below the folder for temporary files. Another machine, or this one after a
 * reboot, does not have it: files that are open or mapped are copied into the image, and folders
 * are made again. Not those of another user, who could have something else copied under their
 * names, and given to that user at a restore: these must be there then.
 *
 * @param folder {@code java.io.tmpdir}, or null where that is no folder
 * @param open folders in use and folders of the copied files
 * @param copied files in use
 * @param others what is below it and yet is the user's to bring: class path, JDK, and the image
 */
record TemporaryFiles(
    @Nullable Path folder, SortedSet<Path> open, List<Path> copied, List<Path> others) {

  /** Characters of a path that is looked for in memory, where all kinds of things surround it. */
  private static final String NAME = "[^][ !\"$&'()*:;<>?\\\\^`{|}]+";

  static TemporaryFiles among(
      Collection<Path> files, Collection<Path> folders, Collection<Path> classPath, Path image)
      throws IOException {
    Path named = Path.of(System.getProperty("java.io.tmpdir", "/tmp")).toAbsolutePath().normalize();
    if (!Files.isDirectory(named) || named.getParent() == null) {
      return new TemporaryFiles(null, new TreeSet<>(), List.of(), List.of());
    }
    Path real = named.toRealPath();
    SortedSet<Path> open = new TreeSet<>();
    List<Path> copied = new ArrayList<>();
    for (Path file : files) {
      if (isBelow(file, named, real)
          && classPath.stream().noneMatch(file::startsWith)
          && !isAnothers(file, real)) {
        copied.add(file);
        open.add(file.getParent());
      }
    }
    for (Path folder : folders) {
      if (isBelow(folder, named, real) && classPath.stream().noneMatch(folder::startsWith)) {
        open.add(folder);
      }
    }
    List<Path> others =
        Stream.concat(classPath.stream().filter(Files::isDirectory), Stream.of(image))
            .filter(path -> isBelow(path, named, real))
            .toList();
    return new TemporaryFiles(named, open, copied, others);
  }

  /**
   * Whether a file, or a folder that it is in, belongs to a user who may put something else in its
   * place: one below a folder that everybody may write to.
   */
  private static boolean isAnothers(Path file, Path real) throws IOException {
    if (!Files.getPosixFilePermissions(real).contains(PosixFilePermission.OTHERS_WRITE)) {
      return false;
    }
    Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    try {
      for (Path at = file; at.startsWith(real) && !at.equals(real); at = above(at)) {
        Object owner = Files.getAttribute(at, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(0) && !owner.equals(user)) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      return true; // deleted since
    }
  }

  private static Path above(Path path) {
    return Objects.requireNonNull(path.getParent());
  }

  private static boolean isBelow(Path path, Path named, Path real) {
    return path.startsWith(named) || path.startsWith(real);
  }

  /** What the process may know there only by its name: in the folder, by both names of that. */
  List<Path> known() throws IOException {
    return folder == null
        ? List.of()
        : List.of(folder.resolve("any"), folder.toRealPath().resolve("any"));
  }

  /** For the restore script: a number, mode, owner and path each. */
  List<String> copies() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Path file : copied) {
      Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,gid");
      lines.add(
          "%d %o %s:%s %s"
              .formatted(
                  lines.size() + 1,
                  (Integer) attributes.get("mode") & 07777,
                  attributes.get("uid"),
                  attributes.get("gid"),
                  file));
    }
    return lines;
  }

  /** For the dump script, which finds more such folders by their paths in the process's memory. */
  Map<String, String> values() throws IOException {
    Map<String, String> values = new HashMap<>();
    String real = folder == null ? "" : folder.toRealPath().toString();
    String named = folder == null ? "" : folder.toString();
    values.put("temporary", named);
    values.put("temporary_real", real);
    values.put("temporary_pattern", "(" + literal(named) + "|" + literal(real) + ")/" + NAME);
    values.put("temporary_open", NeededFiles.lines(open));
    values.put("not_temporary", NeededFiles.lines(others));
    values.put("copies", String.join("\n", copies()));
    return values;
  }

  /** A text as a part of an extended regular expression. */
  private static String literal(String text) {
    return text.replaceAll("[\\]\\[\\\\.*^$+?(){}|]", "\\\\$0");
  }
}
