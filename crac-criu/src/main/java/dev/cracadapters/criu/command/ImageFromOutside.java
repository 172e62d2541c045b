/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.criu.image.ImageLabel;
import dev.cracadapters.criu.image.Json;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
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

  private static final Set<OpenOption> WITHOUT_WAITING =
      Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  private static final Path TMP = Path.of("tmp");

  private final SecureDirectoryStream<Path> root;

  /** Whether nobody has made its links whose links this command should not follow. */
  private final boolean trusted;

  private final Instant since = Instant.now();

  private ImageFromOutside(SecureDirectoryStream<Path> root, boolean trusted) {
    this.root = root;
    this.trusted = trusted;
  }

  static ImageFromOutside of(Target target) throws IOException {
    // With a dot: the link itself is no folder.
    Path at = target.root().resolve(".");
    DirectoryStream<Path> stream = Files.newDirectoryStream(at);
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      boolean own = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(target.uid());
      return new ImageFromOutside(secure, own || Files.isSameFile(at, Path.of("/")));
    }
    stream.close();
    throw new IOException("This Java cannot hold a folder open");
  }

  private static Path below(String path) {
    return Path.of(path.substring(1));
  }

  /** The fields of a file of properties; none where it cannot be read. */
  static Map<String, String> read(SecureDirectoryStream<Path> folder, String name) {
    Properties properties = new Properties();
    try (Reader reader = reader(folder, Path.of(name))) {
      properties.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      return Map.of(); // not yet
    }
    return properties.stringPropertyNames().stream()
        .collect(Collectors.toMap(key -> key, properties::getProperty));
  }

  private Reader reader(String path) throws IOException {
    return reader(root, below(path));
  }

  /**
   * The process may have put something there that nobody comes to the end of, also between a look
   * at it and its opening. What is opened for writing as well is opened at once, also a pipe, and
   * no more is read than it has.
   */
  private static Reader reader(SecureDirectoryStream<Path> folder, Path file) throws IOException {
    if (!folder
        .getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isRegularFile()) {
      throw new IOException(file + " is no file of a checkpoint");
    }
    try (SeekableByteChannel channel = folder.newByteChannel(file, WITHOUT_WAITING)) {
      if (channel.size() > LONGEST_BYTES) {
        throw new IOException(file + " is too long for a file of a checkpoint");
      }
      ByteBuffer content = ByteBuffer.allocate((int) channel.size());
      while (content.hasRemaining() && channel.read(content) >= 0) {
        continue;
      }
      return new StringReader(
          new String(content.array(), 0, content.position(), StandardCharsets.UTF_8));
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
    try (Reader manifest = reader(folder + "/manifest.json");
        // The script comes last of all: without it the image is not whole.
        Reader restore = reader(folder + "/restore")) {
      Map<String, ?> fields = Json.read(manifest);
      boolean isNew = !Instant.parse(String.valueOf(fields.get("time"))).isBefore(since);
      return isNew && restore.read() >= 0
          ? Optional.of(String.valueOf(fields.get("imageBytes")))
          : Optional.empty();
    } catch (IOException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Whether its /tmp leads to where somebody chose who may not choose. */
  boolean hasLinkedTmp() throws IOException {
    return !trusted
        && root.getFileAttributeView(TMP, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes()
            .isSymbolicLink();
  }

  /** A folder that was just made in its /tmp; whoever could has put no other in its place. */
  SecureDirectoryStream<Path> newFolder(String folder) throws IOException {
    SecureDirectoryStream<Path> stream;
    try (SecureDirectoryStream<Path> tmp =
        trusted
            ? root.newDirectoryStream(TMP)
            : root.newDirectoryStream(TMP, LinkOption.NOFOLLOW_LINKS)) {
      stream = tmp.newDirectoryStream(TMP.relativize(below(folder)), LinkOption.NOFOLLOW_LINKS);
    }
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
