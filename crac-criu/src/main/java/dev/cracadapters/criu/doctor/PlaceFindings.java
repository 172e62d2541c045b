/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** In a container? As which process of it? What does that mean for a checkpoint? */
final class PlaceFindings {

  private static final String TEMPORARY =
      "Mount a tmpfs on /tmp (docker run --tmpfs /tmp, in Kubernetes an emptyDir)";

  private PlaceFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(pid(ProcessHandle.current().pid()));
    findings.add(session());
    container(System.getenv("KUBERNETES_SERVICE_HOST") != null).ifPresent(findings::add);
    cache().ifPresent(findings::add);
    temporary(
            Files.isWritable(Path.of("/tmp")),
            Files.isWritable(Path.of(System.getProperty("java.io.tmpdir")))
                || Files.isWritable(Path.of("/dev/shm")))
        .ifPresent(findings::add);
    trust().ifPresent(findings::add);
    return findings;
  }

  static Finding pid(long pid) {
    return pid == 1
        ? Finding.fails(
            "PID 1",
            "this JVM is PID 1, and adopts what would have to dump it from outside",
            "Start the JVM below an init: docker run --init; in Kubernetes shareProcessNamespace:"
                + " true, or tini in the image")
        : Finding.ok("PID", pid + ", so something else is there to adopt the dump");
  }

  /** It is 0 where the session's leader cannot be seen from here. */
  private static Finding session() {
    try {
      long leader = Proc.self().stat().session();
      if (leader == 0) {
        return Finding.fails(
            "session",
            "this JVM's session leader is outside its PID namespace, and CRIU refuses such a"
                + " process",
            "Start the JVM in a session of its own: setsid java ...");
      }
      return Finding.ok("session", "its leader is PID " + leader);
    } catch (IOException e) {
      return Finding.fails("session", "/proc/self/stat cannot be read (" + e + ")", "Mount /proc");
    }
  }

  private static Optional<Finding> container(boolean kubernetes) {
    boolean docker = Files.exists(Path.of("/.dockerenv"));
    boolean podman = Files.exists(Path.of("/run/.containerenv"));
    if (!docker && !podman && !kubernetes) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.ok("container", kubernetes ? "Kubernetes" : docker ? "Docker" : "Podman"));
  }

  private static Optional<String> status(String field) {
    try {
      return Optional.ofNullable(Proc.self().status().get(field));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** As root CRIU keeps what it has learnt of the kernel in /run, if that is a tmpfs. */
  private static Optional<Finding> cache() {
    if (!status("Uid").orElse("").matches("\\d+\\s+0\\s.*")) {
      return Optional.empty(); // an ordinary user's CRIU asks less, and loses little
    }
    return Optional.of(
        Mount.of(Path.of("/run")).filter(mount -> mount.type().equals("tmpfs")).isPresent()
            ? Finding.ok("/run", "is on a tmpfs, and CRIU keeps there what it has learnt")
            : Finding.warning(
                "/run",
                "is not on a tmpfs: CRIU asks the kernel for its features at each call",
                "Mount one on it (docker run --tmpfs /run), which saves some 15 ms at each"
                    + " restore"));
  }

  /** Nothing where nobody else could exchange what is made in it. */
  private static Optional<Finding> trust() {
    try {
      TemporaryFolder.check();
      return Optional.empty();
    } catch (RefusedException e) {
      return Optional.of(Finding.fails("temporary files", e.getMessage(), ""));
    }
  }

  /** Nothing where it can be written to. */
  static Optional<Finding> temporary(boolean writable, boolean another) {
    String subject = "/tmp";
    if (writable) {
      return Optional.empty();
    }
    return Optional.of(
        another
            ? Finding.warning(
                subject,
                "cannot be written: /dev/shm, or the folder in TMPDIR, serves the dump and the"
                    + " restore, but jcmd, jps and checkpoints from outside reach no JVM here",
                TEMPORARY)
            : Finding.fails(
                subject,
                "cannot be written, nor can /dev/shm: what CRIU says has no place",
                TEMPORARY));
  }
}
