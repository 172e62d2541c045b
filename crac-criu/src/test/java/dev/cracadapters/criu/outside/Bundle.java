/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.criu.CriuEngine;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A container's folder for runc: its {@code config.json}, and a root file system that is made of
 * this machine's own folders, for reading.
 *
 * @param folder where {@code config.json} is
 */
record Bundle(Path folder) {

  /** What the service sees as the folder of its socket and files; each container has its own. */
  static final Path RUN = Path.of("/run/service");

  private static final List<String> SYSTEM = List.of("bin", "lib", "lib64", "sbin");
  private static final List<String> NAMESPACES = List.of("pid", "mount", "uts", "ipc");

  /** The folder that {@link #RUN} is, seen from here. */
  Path run() {
    return folder.resolve("run");
  }

  /** Arguments that start or restore a container of this bundle, and do not wait for its end. */
  List<String> detached(String how, String id, String... options) {
    List<String> arguments = new ArrayList<>(List.of(how, "--detach", "--bundle"));
    arguments.add(folder.toString());
    arguments.addAll(List.of(options));
    arguments.add(id);
    return arguments;
  }

  /** A folder in which {@link OutsideService} runs, as the first process of its container. */
  static Bundle ofService(Path folder, List<String> options) throws IOException {
    List<String> words = java(OutsideService.class, options);
    words.add(RUN.resolve("door").toString());
    return of(folder, words, List.of(), Confinement.NONE);
  }

  /** What starts a main class of the tests inside a container that has their class path. */
  static List<String> java(Class<?> main, List<String> options) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    words.addAll(options);
    words.add("-cp");
    words.add(
        String.join(":", classPath().stream().map(entry -> inside(entry).toString()).toList()));
    words.add(main.getName());
    return words;
  }

  /** A folder in which a command runs that says {@code running} by a file, and does nothing. */
  static Bundle idle(Path folder) throws IOException {
    return of(
        folder,
        List.of("sh", "-c", "true > " + RUN + "/running; exec sleep 100"),
        List.of(),
        Confinement.NONE);
  }

  /**
   * A folder in which any command runs, with no more rights than it is given.
   *
   * @param binds paths that the container has as well, for reading
   */
  static Bundle of(Path folder, List<String> command, List<Path> binds, Confinement confinement)
      throws IOException {
    Bundle bundle = new Bundle(Files.createDirectories(folder));
    Files.createDirectory(bundle.run());
    Path root = Files.createDirectory(folder.resolve("root"));
    Files.createDirectory(root.resolve("dev"));
    Files.createDirectory(root.resolve("tmp"));
    try (JsonGenerator json =
        new JsonFactory().createGenerator(Files.newBufferedWriter(folder.resolve("config.json")))) {
      json.writeStartObject();
      json.writeStringField("ociVersion", "1.0.2");
      json.writeObjectFieldStart("process");
      json.writeObjectFieldStart("user");
      json.writeNumberField("uid", confinement.user());
      json.writeNumberField("gid", confinement.user());
      confinement.writeGroups(json);
      json.writeEndObject();
      confinement.writeRights(json);
      strings(json, "args", command);
      strings(json, "env", List.of("PATH=/usr/bin:/bin", "BORN=in a container"));
      json.writeStringField("cwd", "/");
      json.writeEndObject();
      json.writeObjectFieldStart("root");
      json.writeStringField("path", root.toString());
      json.writeBooleanField("readonly", true);
      json.writeEndObject();
      mounts(json, root, bundle, binds, confinement);
      // In this machine's network: CRIU locks one of the container's own with iptables.
      json.writeObjectFieldStart("linux");
      json.writeArrayFieldStart("namespaces");
      for (String type : NAMESPACES) {
        json.writeStartObject();
        json.writeStringField("type", type);
        json.writeEndObject();
      }
      json.writeEndArray();
      confinement.writeSystem(json);
      json.writeEndObject();
      json.writeEndObject();
    }
    return bundle;
  }

  private static void mounts(
      JsonGenerator json, Path root, Bundle bundle, List<Path> binds, Confinement confinement)
      throws IOException {
    json.writeArrayFieldStart("mounts");
    mount(json, "/proc", "proc", "proc");
    mount(json, "/dev", "tmpfs", "tmpfs", "nosuid", "mode=755");
    mount(json, "/dev/shm", "tmpfs", "tmpfs", "nosuid", "nodev", "noexec", "mode=1777");
    if (confinement.temporary()) {
      mount(json, "/tmp", "tmpfs", "tmpfs");
    }
    mount(json, RUN.toString(), "bind", bundle.run().toString(), "bind");
    mount(json, "/usr", "bind", "/usr", "rbind", "ro");
    mount(json, "/etc", "bind", "/etc", "rbind", "ro");
    for (String name : SYSTEM) {
      Path here = Path.of("/", name);
      if (Files.isSymbolicLink(here)) {
        Files.createSymbolicLink(root.resolve(name), Files.readSymbolicLink(here));
      } else if (Files.exists(here)) {
        mount(json, here.toString(), "bind", here.toString(), "rbind", "ro");
      }
    }
    Path java = Path.of(System.getProperty("java.home")).toRealPath();
    if (!java.startsWith("/usr")) {
      mount(json, java.toString(), "bind", java.toString(), "rbind", "ro");
    }
    for (Path entry : classPath()) {
      mount(json, inside(entry).toString(), "bind", entry.toString(), "bind", "ro");
    }
    for (Path bind : binds) {
      mount(json, bind.toString(), "bind", bind.toString(), "bind", "ro");
    }
    for (Path volume : confinement.volumes()) {
      mount(json, volume.toString(), "bind", volume.toString(), "bind");
    }
    json.writeEndArray();
  }

  private static void mount(
      JsonGenerator json, String where, String type, String what, String... options)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("destination", where);
    json.writeStringField("type", type);
    json.writeStringField("source", what);
    strings(json, "options", List.of(options));
    json.writeEndObject();
  }

  static void strings(JsonGenerator json, String name, List<String> values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** What the services need, and no more. */
  private static List<Path> classPath() throws IOException {
    List<Path> entries = new ArrayList<>();
    try {
      for (Class<?> one :
          List.of(
              OutsideService.class,
              CriuEngine.class,
              CheckpointCoordinator.class,
              JsonFactory.class,
              org.crac.Core.class,
              org.slf4j.Logger.class)) {
        entries.add(Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI()));
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    return entries;
  }

  private static Path inside(Path entry) {
    String name = entry.getFileName().toString();
    return Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
        ? Path.of("/app", entry.getParent().getParent().getFileName().toString(), name)
        : Path.of("/app", name);
  }
}
