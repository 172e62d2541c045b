/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A new temporary file that a process writes to, and that loses its name as soon as it does. */
final class UnnamedFile implements AutoCloseable {

  private final Path path;
  private final RandomAccessFile content;

  private UnnamedFile(Path path, RandomAccessFile content) {
    this.path = path;
    this.content = content;
  }

  /** Where all but the memory's file system is for reading, as in some containers, it is there. */
  static UnnamedFile create(String prefix) throws RefusedException, IOException {
    Path path;
    try {
      path = Files.createTempFile(TemporaryFolder.trusted(), prefix, ".out");
    } catch (IOException e) {
      path = inMemory(prefix, e);
    }
    return new UnnamedFile(path, new RandomAccessFile(path.toFile(), "r"));
  }

  private static Path inMemory(String prefix, IOException elsewhere) throws RefusedException {
    try {
      return Files.createTempFile(Path.of("/dev/shm"), prefix, ".out");
    } catch (IOException e) {
      throw new RefusedException(
          "CRIU",
          "what it says cannot be written (" + elsewhere + ")",
          "Mount a tmpfs on /tmp (docker run --tmpfs /tmp, in Kubernetes an emptyDir), or name a"
              + " folder by -Djava.io.tmpdir and TMPDIR",
          elsewhere);
    }
  }

  File file() {
    return path.toFile();
  }

  void unname() throws IOException {
    Files.deleteIfExists(path);
  }

  /**
   * What was written.
   *
   * @throws RefusedException if there was no room for it
   */
  String text() throws RefusedException, IOException {
    Path folder = Objects.requireNonNull(path.getParent());
    if (content.length() == 0 && Files.getFileStore(folder).getUsableSpace() == 0) {
      throw new RefusedException(
          "CRIU",
          folder + " has no room for what it says",
          "Make room there, or name another folder by -Djava.io.tmpdir and TMPDIR");
    }
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
