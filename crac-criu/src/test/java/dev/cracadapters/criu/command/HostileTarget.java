/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.NoSuchElementException;

/**
 * A JVM that speaks for itself where a tool attaches, instead of HotSpot, and attacks whoever comes
 * with a request for a checkpoint. It is root in a user namespace, and so may mount.
 */
public final class HostileTarget {

  private static final Path TMP = Path.of("/tmp");

  private HostileTarget() {}

  /**
   * Waits for a request, and attacks.
   *
   * @param arguments which attack, and a path of root's
   * @throws Exception if that fails
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("linked")) {
      fill();
    }
    Path socket = TMP.resolve(".java_pid" + arguments[2]);
    try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      System.out.println("ready");
      listener.accept().close(); // the first one only looks whether somebody listens
      Path folder = request();
      switch (arguments[0]) {
        case "mount" -> run("mount", "--rbind", arguments[1], folder.toString());
        case "link" -> {
          Files.move(folder, folder.resolveSibling("moved"));
          Files.createSymbolicLink(folder, Path.of(arguments[1]));
        }
        case "escape" -> {
          answer(listener);
          Path report =
              Files.writeString(folder.resolve("report"), "outcome=REFUSED\nfailures=a\\u001b]b\n");
          Files.move(report, folder.resolve("outcome"));
        }
        case "folder within" -> Files.createDirectory(folder.resolve("within"));
        default -> {
          System.out.println("attacks");
          answer(listener);
          flicker(folder);
        }
      }
      System.out.println("attacked");
      listener.accept().close(); // and nothing is answered
      Thread.currentThread().join();
    }
  }

  /** Keeps what is made for it in a folder of root's, to which its /tmp leads. */
  private static void fill() throws Exception {
    System.out.println("ready");
    while (true) {
      try {
        Files.createDirectory(request().resolve("within"));
        System.out.println("attacked");
      } catch (IOException | NoSuchElementException e) {
        Thread.onSpinWait(); // not made yet, or not given yet
      }
    }
  }

  private static Path request() throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(TMP, "crac-checkpoint-*")) {
      return found.iterator().next();
    }
  }

  private static void run(String... command) throws Exception {
    int status = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + status);
    }
  }

  /** Says what the agent's start says, so that the command waits for a report. */
  private static void answer(ServerSocketChannel listener) throws IOException {
    String[] answers = {"0\njava.specification.version=17\n", "0\nreturn code: 0\n"};
    for (String answer : answers) {
      try (SocketChannel tool = listener.accept()) {
        tool.read(ByteBuffer.allocate(1 << 16));
        tool.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
      }
    }
  }

  /** A file when it is looked at, a pipe when it is opened, if that is how it falls out. */
  private static void flicker(Path folder) throws Exception {
    Path pipe = folder.resolve("pipe");
    run("mkfifo", pipe.toString());
    Path file = Files.writeString(folder.resolve("file"), "image=\n");
    Path next = folder.resolve("next");
    while (true) {
      try {
        for (Path one : new Path[] {file, pipe}) {
          Files.createLink(next, one);
          Files.move(next, folder.resolve("begun"), StandardCopyOption.ATOMIC_MOVE);
        }
      } catch (NoSuchFileException e) {
        return; // the command removes them
      } catch (FileSystemException e) {
        Files.deleteIfExists(next);
      }
    }
  }
}
