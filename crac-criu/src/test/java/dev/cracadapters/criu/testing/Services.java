/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What the tests do with {@link CommandedService} again and again. */
public final class Services {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Services() {}

  /**
   * The service, small, without a logging library; its checkpoint is not rehearsed, and its image
   * is not tried.
   */
  public static JvmCommand command(Path image, String... options) {
    return JvmCommand.ofMainClass(CommandedService.class.getName())
        .without("logback")
        .options("-Xmx256m", "-Dcrac.rehearse=off", "-Dcrac.verify=off")
        .options(options)
        .image(image);
  }

  /** Starts a service, brings its counter to 41, and takes its checkpoint. */
  public static Image checkpointed(Path folder, String... options) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original = command(image, options).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    return new Image(image);
  }

  /** Takes the checkpoint of a service, which ends with it. */
  public static void checkpoint(RunningProcess service) throws Exception {
    service.send("checkpoint");
    int status = service.awaitExit();
    assertThat(status).as(service.told()).isEqualTo(137);
  }

  /** Sends a command and waits for its answer. */
  public static String ask(RunningProcess service, String command, String answer) throws Exception {
    service.send(command);
    return service.awaitLine(answer);
  }

  /** Restores a service and waits until it says so. */
  public static RunningProcess restored(Image image, Path folder, String name, String... options)
      throws Exception {
    RunningProcess service = image.restore(options).start(folder, name);
    try {
      service.awaitLine("restored ");
      return service;
    } catch (AssertionError e) {
      service.close();
      throw e;
    }
  }

  /** Ends a service by its own will. */
  public static void end(RunningProcess service) throws Exception {
    service.send("exit 0");
    assertThat(service.awaitExit()).as(service.told()).isZero();
  }

  /** An executable file. */
  public static Path script(Path file, String... lines) throws IOException {
    Files.write(file, List.of(lines));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file;
  }

  /** Removes a folder with all in it, if it is there. */
  public static void discard(Path folder) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
    }
  }

  public static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path one, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(one).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path one, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                one,
                to.resolve(from.relativize(one).toString()),
                StandardCopyOption.COPY_ATTRIBUTES);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** The names of a folder's entries, sorted. */
  public static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  /**
   * No process that has to do with a folder lives on, and no restore left its temporary files in
   * it.
   */
  public static void assertNothingLeft(Path folder) throws Exception {
    Deadline.after(LIMIT).await(() -> processesNaming(folder).isEmpty());
    assertThat(processesNaming(folder)).as("processes left behind").isEmpty();
    assertThat(names(folder))
        .noneMatch(name -> name.startsWith("crac-restore") || name.startsWith("crac-clone"));
  }

  /**
   * A {@code cksum} that holds a restore where it looks its image through, until a file is there.
   *
   * @param commands the folder to put it in, for {@code PATH}
   * @param until the file
   * @throws IOException if it cannot be written
   */
  public static void holdChecksums(Path commands, Path until) throws IOException {
    script(
        commands.resolve("cksum"),
        "#!/bin/sh",
        "while [ ! -e '" + until + "' ] && kill -0 $PPID; do sleep 0.01; done",
        "exec /usr/bin/cksum \"$@\"");
  }

  /**
   * A CRIU that is killed at its work, while a process of its own goes on, as one that finds out
   * what the kernel can do.
   *
   * @param folder where to put it
   * @param work {@code dump} or {@code restore}; anything else the real CRIU does
   * @param child the file to write that process's PID to
   * @return its path
   * @throws IOException if it cannot be written
   */
  public static Path criuThatLeavesAChild(Path folder, String work, Path child) throws IOException {
    return script(
        folder.resolve("criu"),
        "#!/bin/sh",
        "[ \"$1\" = " + work + " ] || exec '" + WorkingCriu.here().path() + "' \"$@\"",
        "sleep 1000 > /dev/null &",
        "echo $! > '" + child + "'",
        "kill -KILL $$");
  }

  /** Whether a process lives; one that has ended and that nobody has reaped does not. */
  public static boolean lives(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return "ZX".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) < 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static List<String> processesNaming(Path folder) {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(one -> one.getFileName().toString().matches("\\d+"))
          .map(one -> one.getFileName() + ": " + commandLine(one))
          .filter(line -> line.contains(folder.toString()))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String commandLine(Path process) {
    try {
      return Files.readString(
              process.resolve("cmdline"), java.nio.charset.StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }
}
