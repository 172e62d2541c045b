/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.agent.AttachRequest;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The command's side of an {@link AttachRequest}: a folder in the process's own /tmp. */
final class AttachRequestFolder implements AutoCloseable {

  /** How a request ended. */
  sealed interface Result {

    /** The process goes on, and the agent has reported. */
    record Reported(Map<String, String> report) implements Result {}

    /** The process has ended. Its new image is in the folder, and has so many bytes. */
    record EndedWithImage(String folder, String bytes) implements Result {}

    /** The process has ended without one. The folder is empty if no checkpoint had begun. */
    record EndedWithoutImage(String folder) implements Result {}

    /** Nothing was heard within the time-out. */
    record NoAnswer() implements Result {}
  }

  private final Target target;
  private final String name;
  private final Path here;
  private final ImageFromOutside images;

  private AttachRequestFolder(Target target, String name, Path here, ImageFromOutside images) {
    this.target = target;
    this.name = name;
    this.here = here;
    this.images = images;
  }

  static AttachRequestFolder in(Target target, Map<String, String> request)
      throws RefusedException, IOException {
    String name = "/tmp/crac-checkpoint-" + target.pid() + "-" + UUID.randomUUID();
    Path here = Path.of(target.root() + name);
    try {
      Files.createDirectory(
          here, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      AttachRequest.write(here, AttachRequest.REQUEST, request);
      Files.write(here.resolve(AttachRequest.AGENT_JAR), CommandJar.agent());
      Files.copy(CommandJar.path(), here.resolve(AttachRequest.COMMAND_JAR));
      for (String one :
          List.of(AttachRequest.REQUEST, AttachRequest.AGENT_JAR, AttachRequest.COMMAND_JAR, "")) {
        giveTo(target, here.resolve(one)); // the folder last
      }
      return new AttachRequestFolder(target, name, here, ImageFromOutside.of(target));
    } catch (FileSystemException e) {
      throw new RefusedException(
          "PID " + target.pid(),
          "its /tmp cannot be written (" + e + ")",
          "Run this command as the user of the process, or as root, and see that its /tmp has room",
          e);
    }
  }

  private static void giveTo(Target target, Path file) throws IOException {
    Object uid = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!uid.equals(target.uid())) {
      Files.setAttribute(file, "unix:gid", target.gid(), LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(file, "unix:uid", target.uid(), LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** A file's path as the process sees it. */
  String inside(String file) {
    return file.isEmpty() ? name : name + "/" + file;
  }

  void go() throws IOException {
    Files.createFile(here.resolve(AttachRequest.GO));
  }

  /** Reads through the folder itself: when the process has ended, so has its /proc. */
  Result await(Duration limit) throws InterruptedException {
    Map<String, String> known = new HashMap<>();
    boolean ended =
        Deadline.after(limit)
            .await(
                () -> {
                  boolean gone = target.hasEnded(); // asked first: its last report is then there
                  known.putAll(images.read(inside(AttachRequest.BEGUN)));
                  known.putAll(images.read(inside(AttachRequest.OUTCOME)));
                  return gone || known.containsKey("outcome");
                });
    if (known.containsKey("outcome")) {
      return new Result.Reported(known);
    }
    if (!ended) {
      return new Result.NoAnswer();
    }
    String folder = known.getOrDefault("image", "");
    return images
        .newImageBytes(folder)
        .<Result>map(bytes -> new Result.EndedWithImage(folder, bytes))
        .orElseGet(() -> new Result.EndedWithoutImage(folder));
  }

  @Override
  public void close() throws IOException {
    images.delete(name);
    images.close();
  }
}
