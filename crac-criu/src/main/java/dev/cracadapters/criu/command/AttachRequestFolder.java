/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.agent.AttachRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
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

    /** A signal has stopped it, and nobody has let it go on for so long. */
    record Stopped(Duration time) implements Result {}

    /** Nothing was heard within the time-out. */
    record NoAnswer() implements Result {}
  }

  /** For what takes no time unless its file system does not answer. */
  static final Duration LIMIT = Duration.ofSeconds(20);

  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);

  /** A debugger or a script may stop a process for a moment. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  private final Target target;
  private final String name;

  /** Held open: once it is the process's user's, its path may lead elsewhere. */
  private final SecureDirectoryStream<Path> here;

  private final ImageFromOutside images;

  private AttachRequestFolder(
      Target target, String name, SecureDirectoryStream<Path> here, ImageFromOutside images) {
    this.target = target;
    this.name = name;
    this.here = here;
    this.images = images;
  }

  static AttachRequestFolder in(Target target, Map<String, String> request)
      throws RefusedException, IOException {
    String name = "/tmp/crac-checkpoint-" + target.pid() + "-" + UUID.randomUUID();
    try {
      ImageFromOutside images = ImageFromOutside.of(target);
      if (images.hasLinkedTmp()) {
        throw new RefusedException(
            "PID " + target.pid(),
            "its /tmp is a symbolic link of its own, which may lead to any folder of this machine",
            "Run this command as the user of the process");
      }
      Files.createDirectory(
          Path.of(target.root() + name),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      AttachRequestFolder folder =
          new AttachRequestFolder(target, name, images.newFolder(name), images);
      folder.write(AttachRequest.REQUEST, AttachRequest.text(request));
      folder.write(AttachRequest.AGENT_JAR, CommandJar.agent());
      folder.write(AttachRequest.COMMAND_JAR, Files.readAllBytes(CommandJar.path()));
      folder.give(AttachRequest.REQUEST);
      folder.give(AttachRequest.AGENT_JAR);
      folder.give(AttachRequest.COMMAND_JAR);
      folder.give("."); // last
      return folder;
    } catch (FileSystemException e) {
      throw new RefusedException(
          "PID " + target.pid(),
          "its /tmp cannot be written (" + e + ")",
          "Run this command as the user of the process, or as root, and see that its /tmp has room",
          e);
    }
  }

  private void write(String file, byte[] content) throws IOException {
    try (OutputStream stream = Channels.newOutputStream(here.newByteChannel(Path.of(file), NEW))) {
      stream.write(content);
    }
  }

  private void give(String file) throws IOException {
    PosixFileAttributeView view =
        here.getFileAttributeView(
            Path.of(file), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes process =
        Files.readAttributes(Path.of("/proc/" + target.pid()), PosixFileAttributes.class);
    if (!view.getOwner().equals(process.owner())) {
      view.setGroup(process.group());
      view.setOwner(process.owner());
    }
  }

  /** A file's path as the process sees it. */
  String inside(String file) {
    return file.isEmpty() ? name : name + "/" + file;
  }

  void go() throws IOException {
    write(AttachRequest.GO, new byte[0]);
  }

  /**
   * Reads through the folder itself: when the process has ended, so has its /proc; and its path may
   * lead elsewhere.
   */
  Result await(Duration limit) throws IOException, InterruptedException {
    Map<String, String> known = new HashMap<>();
    Deadline[] stopped = {Deadline.after(STOP_LIMIT)};
    boolean[] ended = {false};
    boolean heard =
        Deadline.after(limit)
            .await(
                () -> {
                  ended[0] = target.hasEnded(); // asked first: its last report is then there
                  known.putAll(ImageFromOutside.read(here, AttachRequest.BEGUN));
                  known.putAll(ImageFromOutside.read(here, AttachRequest.OUTCOME));
                  if (!target.isStopped()) {
                    stopped[0] = Deadline.after(STOP_LIMIT);
                  }
                  return ended[0] || known.containsKey("outcome") || stopped[0].hasPassed();
                });
    if (known.containsKey("outcome")) {
      return new Result.Reported(known);
    }
    if (!ended[0]) {
      return heard ? new Result.Stopped(STOP_LIMIT) : new Result.NoAnswer();
    }
    String folder = images.newest(known.getOrDefault("image", ""));
    return images
        .newImageBytes(folder)
        .<Result>map(bytes -> new Result.EndedWithImage(folder, bytes))
        .orElseGet(() -> new Result.EndedWithoutImage(folder));
  }

  static RefusedException unanswered(Target target) {
    return new RefusedException(
        "PID " + target.pid(),
        "its /tmp or its image folder does not answer: it was tried for "
            + LIMIT.toSeconds()
            + " s",
        "See what is mounted there (/proc/" + target.pid() + "/mountinfo)");
  }

  @Override
  public void close() throws IOException {
    try {
      TimeLimit.within(
          LIMIT,
          () -> unanswered(target),
          () -> {
            remove();
            return null;
          });
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Removes what was made, by the folder that was opened then: at its name the process may have
   * something else by now, which is not ours to delete. What the process has put in it stays, and
   * is named on standard error.
   */
  private void remove() throws IOException {
    try (images;
        here) {
      for (String file : AttachRequest.FILES) {
        delete(file);
      }
      images.deleteEmpty(name);
    } catch (FileSystemException e) {
      System.err.println(
          "checkpoint: %s of PID %d stays, since that process has put something else there: %s"
              .formatted(name, target.pid(), e));
    }
  }

  private void delete(String file) throws IOException {
    try {
      here.deleteFile(Path.of(file));
    } catch (NoSuchFileException e) {
      return; // as when the process has ended
    }
  }
}
