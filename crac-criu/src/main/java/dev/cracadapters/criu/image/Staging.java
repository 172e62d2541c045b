/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folders of images in the making, and which of them nobody will finish: everything that made
 * one was killed.
 */
final class Staging {

  static final String PREFIX = ".new-";

  private static final Logger LOG = LoggerFactory.getLogger(Staging.class);
  private static final String MAKER = "maker";

  /** When one is dead whose maker cannot be looked for: far longer than any checkpoint takes. */
  private static final Duration OLD = Duration.ofDays(1);

  private Staging() {}

  /**
   * A new one. It has the name of one when it says whose it is, and not before: one that does not
   * say so was being removed.
   */
  static Path in(Path image, FileAttribute<?> mode) throws IOException {
    String name = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    Path unsigned = Files.createDirectory(image.resolve(FolderContents.PROBE + '-' + name), mode);
    try {
      sign(unsigned);
      return Files.move(unsigned, image.resolve(PREFIX + name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      ImageFolder.discard(unsigned);
      throw e;
    }
  }

  /** Whether a file can be made in a folder. One that a kill leaves is removed as those are. */
  static void probe(Path folder) throws IOException {
    String name = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    Files.delete(Files.createFile(folder.resolve(FolderContents.PROBE + '-' + name)));
  }

  /** Writes into one whose it is. */
  static void sign(Path staging) throws IOException {
    long pid = ProcessHandle.current().pid();
    Files.writeString(
        staging.resolve(MAKER), "%d %s %s".formatted(pid, Proc.self().stat().startTime(), place()));
  }

  /**
   * The boot and the namespaces: elsewhere the PID is somebody else's, and a start time, which a
   * time namespace shifts, is another.
   */
  private static String place() throws IOException {
    Path namespaces = Path.of("/proc/self/ns");
    Path time = namespaces.resolve("time");
    return Proc.text(Path.of("/proc/sys/kernel/random/boot_id")).strip()
        + " "
        + Files.readSymbolicLink(namespaces.resolve("pid"))
        + " "
        + (Files.exists(time, LinkOption.NOFOLLOW_LINKS) ? Files.readSymbolicLink(time) : "");
  }

  /** Removes the dead ones of an image folder. What cannot be removed is named in the log. */
  static void removeDead(Path image) throws IOException {
    removeUnsigned(image);
    try (DirectoryStream<Path> stagings = Files.newDirectoryStream(image, PREFIX + "*")) {
      for (Path staging : stagings) {
        if (!isInUse(staging) && isDead(staging)) {
          try {
            ImageFolder.discard(staging);
            LOG.info("Removed {}, which a checkpoint that was killed had left", staging);
          } catch (UncheckedIOException e) {
            LOG.warn("{} cannot be removed, and may hold memory of a process", staging, e);
          }
        }
      }
    }
  }

  /** Removes those whose maker was killed before they had the name of one. It takes no time. */
  private static void removeUnsigned(Path image) throws IOException {
    String prefix = FolderContents.PROBE + '-';
    try (DirectoryStream<Path> unsigned = Files.newDirectoryStream(image, prefix + "[0-9]*-*")) {
      for (Path one : unsigned) {
        String name = one.getFileName().toString();
        String number = name.substring(prefix.length(), name.indexOf('-', prefix.length()));
        long pid = number.matches("\\d{1,10}") ? Long.parseLong(number) : 1; // nobody of ours
        if (pid == ProcessHandle.current().pid() || startTime(pid).isEmpty()) {
          ImageFolder.discard(one);
        }
      }
    }
  }

  /**
   * Whether it will never become the image: whoever takes its restore script away first decides,
   * this or the one rename by which it becomes the image.
   */
  static boolean takeBack(Path staging) {
    try {
      return Files.deleteIfExists(staging.resolve("restore")) || !isInUse(staging);
    } catch (IOException e) {
      throw new UncheckedIOException("A restore script cannot be removed from " + staging, e);
    }
  }

  /** Once its restore script has gone into place, it may hold what that restores. */
  private static boolean isInUse(Path staging) {
    return Files.notExists(staging.resolve("restore"))
        && Files.exists(staging.resolve("committed"))
        && FolderContents.IMAGE.stream().map(staging::resolve).anyMatch(Files::exists);
  }

  private static boolean isDead(Path staging) throws IOException {
    Optional<String> maker = maker(staging);
    if (maker.isEmpty()) {
      return true;
    }
    String[] here = place().split(" ", -1);
    String[] words = maker.get().split(" ", -1);
    boolean comparable = words.length == 5 && words[2].equals(here[0]) && words[3].equals(here[1]);
    if (comparable) {
      long pid = Long.parseLong(words[0]);
      if (pid == ProcessHandle.current().pid()) {
        // This process has one at a time, and makes its next one now, or it has been restored
        // since.
        return true;
      }
      Optional<String> startTime = startTime(pid);
      if (startTime.isEmpty()) {
        return true;
      }
      if (words[4].equals(here[2])) {
        return !startTime.get().equals(words[1]);
      }
    }
    Instant changed = Files.getLastModifiedTime(staging, LinkOption.NOFOLLOW_LINKS).toInstant();
    return changed.plus(OLD).isBefore(Instant.now());
  }

  private static Optional<String> startTime(long pid) {
    try {
      return Optional.of(Proc.of(pid).stat().startTime());
    } catch (IOException e) {
      return Optional.empty(); // there is no such process
    }
  }

  private static Optional<String> maker(Path staging) {
    try {
      return Optional.of(Files.readString(staging.resolve(MAKER)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
