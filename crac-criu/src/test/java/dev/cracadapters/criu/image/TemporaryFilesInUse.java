/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.criu.testing.CommandedService;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** What processes do below the folder for temporary files: called in {@link CommandedService}. */
public final class TemporaryFilesInUse {

  private static final List<Object> KEPT = new ArrayList<>();

  private TemporaryFilesInUse() {}

  /**
   * Makes a folder as Spring Boot makes Jetty's document folder, and keeps the path of one below.
   *
   * @param prefix of its name
   * @return its path
   * @throws IOException if it cannot be made
   */
  public static String folder(String prefix) throws IOException {
    File folder =
        Files.createTempDirectory(
                prefix,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")))
            .toFile();
    File below = new File(folder, "below/it");
    if (!below.mkdirs()) {
      throw new IOException("not made: " + below);
    }
    KEPT.add(below);
    return folder.getPath();
  }

  /**
   * Writes into a file below the kept folder.
   *
   * @param text what
   * @return where, and the rights of the folders
   * @throws IOException if there is no such folder
   */
  public static String write(String text) throws IOException {
    Path below = ((File) KEPT.get(0)).toPath();
    Files.writeString(below.resolve("file"), text);
    return "written "
        + Files.readString(below.resolve("file"))
        + " in "
        + PosixFilePermissions.toString(
            Files.getPosixFilePermissions(below.getParent().getParent()));
  }

  /**
   * Loads a native library.
   *
   * @param path where it is
   * @return what was loaded
   */
  public static String load(String path) {
    System.load(path);
    return "loaded " + Path.of(path).getFileName();
  }

  /**
   * Opens a file, and reads its first line.
   *
   * @param path where it is
   * @return the line
   * @throws IOException if it cannot be read
   */
  public static String open(String path) throws IOException {
    FileInputStream stream = new FileInputStream(path);
    KEPT.add(stream);
    return new BufferedReader(
            new java.io.InputStreamReader(
                new java.io.ByteArrayInputStream(stream.readNBytes(6)), StandardCharsets.US_ASCII))
        .readLine();
  }

  /**
   * Listens on a Unix socket.
   *
   * @param path its name
   * @return where
   * @throws IOException if it cannot be bound
   */
  public static String listen(String path) throws IOException {
    KEPT.add(
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(path)));
    return "listens on " + path;
  }

  /**
   * Opens a log file, and writes into it.
   *
   * @param path where it is
   * @return what it was written to
   * @throws IOException if it cannot be written
   */
  public static String log(String path) throws IOException {
    FileOutputStream stream = new FileOutputStream(path, true);
    KEPT.add(stream);
    stream.write('1');
    return "logs to " + path;
  }

  /**
   * Reads on.
   *
   * @param nothing not used
   * @return the rest of the file that was opened last
   * @throws IOException if it cannot be read
   */
  public static String rest(String nothing) throws IOException {
    for (Object one : KEPT) {
      if (one instanceof FileInputStream stream) {
        return "rest " + new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
      }
    }
    return "none";
  }

  /**
   * Maps a file for reading.
   *
   * @param path where it is
   * @return its size
   * @throws IOException if it cannot be read
   */
  public static String map(String path) throws IOException {
    try (FileChannel channel = FileChannel.open(Path.of(path))) {
      KEPT.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
    }
    return "mapped";
  }

  /**
   * Adds up the bytes of the mapped file.
   *
   * @param nothing not used
   * @return the sum
   */
  public static String sum(String nothing) {
    long sum = 0;
    for (Object one : KEPT) {
      if (one instanceof ByteBuffer mapped) {
        for (int i = 0; i < mapped.limit(); i++) {
          sum += mapped.get(i);
        }
      }
    }
    return "sum of bytes " + sum;
  }
}
