/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * The files of a process as it sees them, also after it has ended: its root is held open, for
 * {@code /proc/PID/root} goes with the process, and the image may lie in a container.
 */
final class ImageFromOutside implements AutoCloseable {

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

  Properties read(String path) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = reader(path)) {
      properties.load(reader);
    }
    return properties;
  }

  private Reader reader(String path) throws IOException {
    return new InputStreamReader(
        Channels.newInputStream(root.newByteChannel(below(path), Set.of(StandardOpenOption.READ))),
        StandardCharsets.UTF_8);
  }

  /** The size of an image that was completed since this object was made; empty for an older one. */
  Optional<String> newImageBytes(String folder) {
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> found = new HashMap<>();
    try (Reader reader = reader(folder + "/manifest.json");
        JsonParser json = new JsonFactory().createParser(reader);
        // The script comes last of all: without it the image is not whole.
        Reader restore = reader(folder + "/restore")) {
      if (json.nextToken() != JsonToken.START_OBJECT || restore.read() < 0) {
        return Optional.empty();
      }
      for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
        JsonToken value = json.nextToken();
        if (field.equals("time") || field.equals("imageBytes")) {
          found.put(field, json.getText());
        } else if (value.isStructStart()) {
          json.skipChildren();
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    boolean isNew = found.containsKey("time") && !Instant.parse(found.get("time")).isBefore(since);
    return isNew ? Optional.of(found.get("imageBytes")) : Optional.empty();
  }

  /** Deletes a flat folder. */
  void delete(String folder) throws IOException {
    Path below = below(folder);
    try (SecureDirectoryStream<Path> files =
        root.newDirectoryStream(below, LinkOption.NOFOLLOW_LINKS)) {
      for (Path one : files) {
        files.deleteFile(one.getFileName());
      }
    }
    root.deleteDirectory(below);
  }

  @Override
  public void close() throws IOException {
    root.close();
  }
}
