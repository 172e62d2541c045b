/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.agent.Errand;
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
import java.util.Properties;
import java.util.UUID;

/** The command's side of an {@link Errand}: a folder in the process's own /tmp, gone at the end. */
final class ErrandFolder implements AutoCloseable {

  /** How it ended. */
  enum Kind {
    TOLD,
    ENDED_WITH_IMAGE,
    ENDED_WITHOUT_IMAGE,
    UNHEARD
  }

  /** How it ended, and what is known: the agent's report, or what the image itself says. */
  record Result(Kind kind, Map<String, String> report) {}

  private final Target target;
  private final String name;
  private final Path here;
  private final ImageFromOutside images;

  private ErrandFolder(Target target, String name, Path here, ImageFromOutside images) {
    this.target = target;
    this.name = name;
    this.here = here;
    this.images = images;
  }

  static ErrandFolder in(Target target, Map<String, String> request)
      throws RefusedException, IOException {
    String name = "/tmp/crac-checkpoint-" + target.pid() + "-" + UUID.randomUUID();
    Path here = Path.of(target.root() + name);
    try {
      Files.createDirectory(
          here, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Errand.write(here, Errand.REQUEST, request);
      Files.write(here.resolve(Errand.AGENT_JAR), CommandJar.agent());
      Files.copy(CommandJar.path(), here.resolve(Errand.COMMAND_JAR));
      for (Path one :
          List.of(
              here.resolve(Errand.REQUEST),
              here.resolve(Errand.AGENT_JAR),
              here.resolve(Errand.COMMAND_JAR),
              here)) {
        own(one, target);
      }
      return new ErrandFolder(target, name, here, ImageFromOutside.of(target));
    } catch (FileSystemException e) {
      throw new RefusedException(
          "PID " + target.pid(),
          "its /tmp cannot be written (" + e + ")",
          "Run this command as the user of the process, or as root, and see that its /tmp has room",
          e);
    }
  }

  private static void own(Path file, Target target) throws IOException {
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

  void warn(String line) {
    System.err.println(line);
  }

  void go() throws IOException {
    Files.createFile(here.resolve(Errand.GO));
  }

  Result await(Duration limit) throws InterruptedException, IOException {
    Map<String, String> known = new HashMap<>();
    boolean ended =
        Deadline.after(limit)
            .await(
                () -> {
                  boolean gone = target.hasEnded(); // asked first: what it told last is then there
                  known.putAll(read(Errand.BEGUN));
                  known.putAll(read(Errand.OUTCOME));
                  return gone || known.containsKey("outcome");
                });
    if (known.containsKey("outcome")) {
      return new Result(Kind.TOLD, known);
    }
    if (!ended) {
      return new Result(Kind.UNHEARD, known);
    }
    Map<String, String> image = images.newImage(known.getOrDefault("image", ""));
    known.putAll(image);
    return new Result(image.isEmpty() ? Kind.ENDED_WITHOUT_IMAGE : Kind.ENDED_WITH_IMAGE, known);
  }

  private Map<String, String> read(String file) {
    // Through the folder itself, not through the process: when that has ended, so has its /proc.
    try {
      Map<String, String> words = new HashMap<>();
      Properties properties = images.read(inside(file));
      properties.forEach((key, value) -> words.put((String) key, (String) value));
      return words;
    } catch (IOException e) {
      return Map.of(); // not yet
    }
  }

  @Override
  public void close() throws IOException {
    images.delete(name);
    images.close();
  }
}
