/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.criu.image.ImageLabel;
import dev.cracadapters.criu.image.Json;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The files of a process as it sees them, also after it has ended: its root is held open, for
 * {@code /proc/PID/root} goes with the process, and the image may lie in a container.
 */
final class ImageFromOutside implements AutoCloseable {

  /** A manifest and a restore script are far shorter. */
  private static final long LONGEST_BYTES = 64 << 20;

  private final SecureDirectoryStream<Path> root;
  private final Instant since = Instant.now();

  private ImageFromOutside(SecureDirectoryStream<Path> root) {
    this.root = root;
  }

  static ImageFromOutside of(Target target) throws IOException {
    // With a dot: the link itself is no folder.
    DirectoryStream<Path> stream = Files.newDirectoryStream(target.root().resolve("."));
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return new ImageFromOutside(secure);
    }
    stream.close();
    throw new IOException("This Java cannot hold a folder open");
  }

  private static Path below(String path) {
    return Path.of(path.substring(1));
  }

  /** The fields of a file of properties; none where it cannot be read. */
  Map<String, String> read(String path) {
    Properties properties = new Properties();
    try (Reader reader = reader(path)) {
      properties.load(reader);
    } catch (IOException e) {
      return Map.of(); // not yet
    }
    return properties.stringPropertyNames().stream()
        .collect(Collectors.toMap(name -> name, properties::getProperty));
  }

  /** The process may have put something there that nobody comes to the end of. */
  private void requirePlain(Path below) throws IOException {
    BasicFileAttributes seen =
        root.getFileAttributeView(below, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    if (!seen.isRegularFile() || seen.size() > LONGEST_BYTES) {
      throw new IOException(below + " is no file of a checkpoint");
    }
  }

  private Reader reader(String path) throws IOException {
    requirePlain(below(path));
    // It may have been exchanged since. To open a FIFO for both blocks nobody, and unlike a file it
    // has no position, which the JDK asks the kernel for.
    SeekableByteChannel opened =
        root.newByteChannel(
            below(path),
            Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
    try {
      opened.position(opened.position());
      if (opened.size() > LONGEST_BYTES) {
        throw new IOException(path + " is no file of a checkpoint");
      }
      return new InputStreamReader(Channels.newInputStream(opened), StandardCharsets.UTF_8);
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  /** The folder itself, or the one with a new image where its name was to be completed. */
  String newest(String folder) {
    int slash = folder.lastIndexOf('/');
    if (!folder.endsWith(ImageLabel.SIGN) || slash < 1) {
      return folder;
    }
    try (SecureDirectoryStream<Path> folders =
        root.newDirectoryStream(below(folder.substring(0, slash)))) {
      for (Path one : folders) {
        String whole = folder.substring(0, slash + 1) + one.getFileName();
        if (whole.startsWith(folder) && newImageBytes(whole).isPresent()) {
          return whole;
        }
      }
    } catch (IOException e) {
      return folder; // which has none
    }
    return folder;
  }

  /** The size of an image that was completed since this object was made; empty for an older one. */
  Optional<String> newImageBytes(String folder) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    try (Reader manifest = reader(folder + "/manifest.json")) {
      // The script comes last of all: without it the image is not whole. It is not opened, for
      // nobody can start what somebody has open for writing.
      requirePlain(below(folder + "/restore"));
      Map<String, ?> fields = Json.read(manifest);
      boolean isNew = !Instant.parse(String.valueOf(fields.get("time"))).isBefore(since);
      return isNew ? Optional.of(String.valueOf(fields.get("imageBytes"))) : Optional.empty();
    } catch (IOException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** A folder that was just made there; whoever could has put no other in its place. */
  SecureDirectoryStream<Path> newFolder(String folder) throws IOException {
    SecureDirectoryStream<Path> stream =
        root.newDirectoryStream(below(folder), LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes seen =
        stream.getFileAttributeView(PosixFileAttributeView.class).readAttributes();
    if (seen.owner().equals(Files.getOwner(Path.of("/proc/self")))
        && seen.permissions().equals(PosixFilePermissions.fromString("rwx------"))) {
      return stream;
    }
    stream.close();
    throw new FileSystemException(folder, null, "another one was put in its place");
  }

  /** Deletes a folder with nothing in it, and nothing else that may have its name. */
  void deleteEmpty(String folder) throws IOException {
    root.deleteDirectory(below(folder));
  }

  @Override
  public void close() throws IOException {
    root.close();
  }
}
