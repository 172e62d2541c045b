/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The folder in which one run of the demo works. A clone has a {@code /tmp} of its own, which ends
 * with it: for a project below {@code /tmp} the service works elsewhere, so that the log files of
 * the clones are still there when the demo reads them.
 */
final class RunFolder implements AutoCloseable {

  private static final List<Path> ELSEWHERE =
      List.of(Path.of("/var/tmp"), Path.of(System.getProperty("user.home")));

  private final Path kept;
  private final Path work;

  private RunFolder(Path kept, Path work) {
    this.kept = kept;
    this.work = work;
  }

  /**
   * Chooses where a run works.
   *
   * @param kept the folder that keeps the logs of the run; it need not exist yet
   * @param clones whether the run starts clones
   */
  static RunFolder open(Path kept, boolean clones) throws IOException {
    Files.createDirectories(kept);
    // PostgreSQL's programs are unpacked into it, into a folder that everybody may write to.
    Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rwx------"));
    if (!clones || !isBelowTmp(kept)) {
      return new RunFolder(kept, kept);
    }
    for (Path folder : ELSEWHERE) {
      if (Files.isWritable(folder) && !isBelowTmp(folder)) {
        RunFolder elsewhere = new RunFolder(kept, Files.createTempDirectory(folder, "crac-demo-"));
        Runtime.getRuntime().addShutdownHook(new Thread(elsewhere::closeAtExit));
        return elsewhere;
      }
    }
    throw new IOException(
        "The project is below /tmp, and no folder outside it can be written: " + ELSEWHERE);
  }

  private static boolean isBelowTmp(Path folder) throws IOException {
    return folder.toRealPath().startsWith(Path.of("/tmp").toRealPath());
  }

  Path path() {
    return work;
  }

  boolean isElsewhere() {
    return !work.equals(kept);
  }

  /** Moves the logs to where they are kept, and removes a folder that was chosen elsewhere. */
  @Override
  public void close() throws IOException {
    if (!isElsewhere() || Files.notExists(work)) {
      return;
    }
    try (Stream<Path> all = Files.walk(work)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        String name = work.relativize(file).toString();
        if (name.startsWith("log/") || name.endsWith(".out")) {
          Path target = kept.resolve(name);
          Files.createDirectories(target.getParent());
          Files.move(file, target, StandardCopyOption.REPLACE_EXISTING);
        } else {
          Files.delete(file);
        }
      }
    }
  }

  /** The image in there is 200 MB large, and shows what the service knew. */
  private void closeAtExit() {
    try {
      Service.endAll();
      // PostgreSQL ends by a hook of its own, and removes this file last.
      Wait.until("the end of PostgreSQL", Service.END, () -> !hasPostgres());
      close();
    } catch (IOException | UncheckedIOException | ConditionTimeoutException e) {
      System.err.println("demo: " + work + " could not be removed: " + e);
    }
  }

  private boolean hasPostgres() {
    try (Stream<Path> found =
        Files.find(work, 4, (path, attributes) -> path.endsWith("postmaster.pid"))) {
      return found.findAny().isPresent();
    } catch (IOException | UncheckedIOException e) {
      return Files.exists(work); // a file went away meanwhile: asked again
    }
  }
}
