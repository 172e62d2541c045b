/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A criu that says when it is started, by a FIFO, and goes on as the real one. It is a shell
 * script: what that takes to start counts with what is before it.
 *
 * @param folder where it is: not below one that everybody may write to, or a restore would look
 *     longer at it
 */
record CriuStart(Path folder) implements AutoCloseable {

  /** Makes it, in the build's folder. */
  static CriuStart of(Path real) throws IOException, InterruptedException {
    Path classes;
    try {
      classes =
          Path.of(CriuStart.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    CriuStart start = new CriuStart(Files.createTempDirectory(classes.getParent(), "criu"));
    Files.write(
        start.command(),
        List.of(
            "#!/bin/sh",
            "[ \"$1\" != restore ] || echo 1<> '" + start.fifo() + "'",
            "exec '" + real + "' \"$@\""));
    start.command().toFile().setExecutable(true);
    new ProcessBuilder("mkfifo", start.fifo().toString()).start().waitFor();
    return start;
  }

  Path command() {
    return folder.resolve("criu");
  }

  private Path fifo() {
    return folder.resolve("started");
  }

  /** The {@link System#nanoTime()} of its next start. */
  CompletableFuture<Long> next() {
    return CompletableFuture.supplyAsync(
        () -> {
          try (InputStream stream = new FileInputStream(fifo().toFile())) {
            stream.read();
            return System.nanoTime();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  @Override
  public void close() throws IOException {
    for (Path path : List.of(command(), fifo(), folder)) {
      Files.deleteIfExists(path);
    }
  }
}
