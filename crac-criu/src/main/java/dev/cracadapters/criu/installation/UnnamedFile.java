/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A new temporary file that a process writes to, and that loses its name as soon as it does. */
final class UnnamedFile implements AutoCloseable {

  private final Path path;
  private final RandomAccessFile content;

  private UnnamedFile(Path path, RandomAccessFile content) {
    this.path = path;
    this.content = content;
  }

  static UnnamedFile create(String prefix) throws IOException {
    Path path = Files.createTempFile(prefix, ".out");
    return new UnnamedFile(path, new RandomAccessFile(path.toFile(), "r"));
  }

  File file() {
    return path.toFile();
  }

  void unname() throws IOException {
    Files.deleteIfExists(path);
  }

  String text() throws IOException {
    byte[] bytes = new byte[Math.toIntExact(content.length())];
    content.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    content.close();
    unname();
  }
}
