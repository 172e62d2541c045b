/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What this process has open or mapped, its class path, its working directory: what a restore must
 * find as it is now.
 *
 * @param files regular files that it reads
 * @param places folders, and files that it may change while they are mapped: they must be there
 * @param deleted files that CRIU brings along, because they do not exist any more
 * @param temporary what comes with the image
 * @param folders all folders above any of these
 * @param caches files of the system that may change; the image has copies of them
 */
public record NeededFiles(
    List<NeededFile> files,
    List<Path> places,
    List<Path> deleted,
    TemporaryFiles temporary,
    SharedFolders folders,
    SystemCaches caches) {

  /** One file: its real path, its size, and when it was last changed, since the epoch. */
  public record NeededFile(Path path, long bytes, long seconds) {

    public static NeededFile of(Path path) throws IOException {
      return new NeededFile(
          path, Files.size(path), Files.getLastModifiedTime(path).to(TimeUnit.SECONDS));
    }
  }

  /**
   * What this process needs now, but for the staging folder and what somebody answers for.
   *
   * @param programs what a restore runs, of which the folders above are looked at
   */
  public static NeededFiles current(
      Path staging, Path javaHome, Set<Path> excepted, Path... programs) throws IOException {
    OpenFiles open = OpenFiles.now();
    SortedSet<Path> files = new TreeSet<>(open.read());
    files.removeAll(excepted);
    SortedSet<Path> places = new TreeSet<>(open.folders());
    places.addAll(open.changed());
    places.removeAll(excepted);
    SortedSet<Path> classPath = new TreeSet<>(ClassPathFiles.all());
    for (Path entry : classPath) {
      (Files.isDirectory(entry) ? places : files).add(entry);
    }
    Predicate<Path> isOthers = path -> path.startsWith(staging) || !isNamedByItsText(path);
    files.removeIf(isOthers);
    places.removeIf(isOthers);
    classPath.add(javaHome);
    Path image = Objects.requireNonNull(staging.getParent());
    TemporaryFiles temporary = TemporaryFiles.among(files, open.folders(), classPath, image);
    places.removeAll(temporary.open());
    SystemCaches caches = SystemCaches.among(files);
    files.removeAll(caches.live());
    List<NeededFile> needed = new ArrayList<>();
    for (Path file : files) {
      try {
        needed.add(NeededFile.of(file));
      } catch (NoSuchFileException e) {
        continue; // deleted since: it is CRIU's to bring along, if it is still in use
      }
    }
    List<Path> deleted = open.deleted().stream().filter(NeededFiles::isText).toList();
    SharedFolders folders =
        SharedFolders.above(
            files,
            places,
            excepted,
            deleted,
            temporary.open(),
            temporary.known(),
            List.of(programs));
    return new NeededFiles(needed, List.copyOf(places), deleted, temporary, folders, caches);
  }

  /**
   * A path with a line end, or with bytes that this JVM's locale has no letters for, cannot be
   * handed to the scripts. CRIU itself still looks whether such a file is there.
   */
  private static boolean isNamedByItsText(Path path) {
    return isText(path) && Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  private static boolean isText(Path path) {
    return path.toString().indexOf('\n') < 0 && Path.of(path.toString()).equals(path);
  }

  /** For the restore script: lists of lines, the first two in the same order. */
  public Map<String, String> values() throws IOException {
    StringJoiner marks = new StringJoiner("\n");
    files.forEach(file -> marks.add(file.bytes() + " " + file.seconds()));
    return Map.of(
        "needed",
        lines(files.stream().map(NeededFile::path).toList()),
        "needed_marks",
        marks.toString(),
        "places",
        lines(places),
        "caches",
        lines(caches.built()),
        "deleted",
        lines(deleted),
        "copies",
        String.join("\n", temporary.copies()),
        "needed_folders",
        lines(folders.all().stream().filter(NeededFiles::isText).toList()),
        "shared",
        lines(shared()));
  }

  /** The files that lie where everybody may write. */
  private List<Path> shared() {
    return files.stream().map(NeededFile::path).filter(folders::isShared).toList();
  }

  /**
   * For the dump script.
   *
   * @param covered what that is told of files under a policy
   */
  public Map<String, String> dumpValues(Map<String, String> covered) throws IOException {
    Map<String, String> values = temporary.values();
    values.putAll(covered);
    caches.addTo(values);
    values.put("needed", lines(files.stream().map(NeededFile::path).toList()));
    values.put("shared", lines(shared()));
    return values;
  }

  static String lines(Collection<Path> paths) {
    StringJoiner lines = new StringJoiner("\n");
    paths.forEach(path -> lines.add(path.toString()));
    return lines.toString();
  }
}
