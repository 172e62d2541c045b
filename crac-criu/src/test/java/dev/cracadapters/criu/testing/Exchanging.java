/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A user who makes and removes a FIFO at a path as fast as a machine can, so that whoever looks and
 * then opens sees something else than it opens. Its arguments: what to do, the path, the FIFO.
 */
public final class Exchanging {

  private Exchanging() {}

  /**
   * Works until it is ended.
   *
   * @param arguments as above; {@code appear} has the FIFO come and go, {@code file} has it and a
   *     plain file in turn, {@code pid} has it come and go in a folder, under the PID that the
   *     process of a clone has outside
   */
  public static void main(String[] arguments) throws IOException {
    Path path = Path.of(arguments[1]);
    Path fifo = Path.of(arguments[2]);
    System.out.println("exchanging");
    switch (arguments[0]) {
      case "file" -> files(path, fifo);
      case "pid" -> appear(path.resolve(outerPid(arguments[3])), fifo);
      default -> appear(path, fifo);
    }
  }

  private static void appear(Path path, Path fifo) {
    while (true) {
      try {
        Files.createLink(path, fifo);
        Files.deleteIfExists(path);
      } catch (IOException e) {
        Thread.onSpinWait(); // there is somebody else's now
      }
    }
  }

  private static void files(Path path, Path fifo) throws IOException {
    Path plain = Files.writeString(fifo.resolveSibling("plain"), "image=/somewhere\n");
    Path next = fifo.resolveSibling("next");
    while (true) {
      for (Path one : List.of(plain, fifo)) {
        try {
          Files.createLink(next, one);
          Files.move(next, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
          Files.deleteIfExists(next);
        }
      }
    }
  }

  private static String outerPid(String inner) {
    while (true) {
      try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
        var found =
            processes
                .map(one -> one.getFileName().toString())
                .filter(name -> name.matches("\\d+"))
                .filter(name -> isInner(name, inner))
                .findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (IOException | UncheckedIOException e) {
        Thread.onSpinWait();
      }
    }
  }

  private static boolean isInner(String name, String inner) {
    try {
      return Files.readAllLines(Path.of("/proc", name, "status")).stream()
          .anyMatch(line -> line.startsWith("NSpid:") && line.endsWith(name + "\t" + inner));
    } catch (IOException e) {
      return false; // it has ended
    }
  }
}
