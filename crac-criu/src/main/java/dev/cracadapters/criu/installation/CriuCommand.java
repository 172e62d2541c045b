/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.RefusedException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The criu command: where it is, which version it is, and whether it works on this kernel. */
public final class CriuCommand {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** After what gives one. */
  static final String OR_NAME_ONE =
      "; or name one by -Dcrac.criu=/path/to/criu (Spring: spring.crac.criu.command; the command"
          + " crac-criu: --criu)";

  private final Path path;
  private final Duration limit;
  private @Nullable String version;

  private CriuCommand(Path path, Duration limit) {
    this.path = path;
    this.limit = limit;
  }

  private static String install() {
    return "Install CRIU 4.0 or newer: " + Distribution.here().command() + OR_NAME_ONE;
  }

  /** Finds the command, by its path or in {@code PATH}. */
  public static CriuCommand find(String command) throws RefusedException {
    if (!System.getProperty("os.name").equals("Linux")) {
      throw new RefusedException(
          "CRIU",
          "it exists for Linux only, and this is " + System.getProperty("os.name"),
          "Set the engine to pause to go through the walk without a snapshot");
    }
    if (ProcessHandle.current().pid() == 1) {
      throw new RefusedException(
          "CRIU",
          "the JVM is PID 1, and adopts what would have to dump it from outside",
          "Start the JVM below an init, for example docker run --init");
    }
    Optional<Path> located = SearchPath.locate(command);
    if (located.isEmpty()) {
      throw new RefusedException("CRIU", SearchPath.describeMissing(command), install());
    }
    return at(located.get());
  }

  public static CriuCommand at(Path path) {
    return new CriuCommand(path, LIMIT);
  }

  public Path path() {
    return path;
  }

  /** The same command with another time limit for its calls. */
  CriuCommand limitedTo(Duration otherLimit) {
    return new CriuCommand(path, otherLimit);
  }

  /** What it may do when this process starts it. */
  public Rights rights() throws RefusedException {
    try {
      return Rights.of(path);
    } catch (IOException e) {
      throw new RefusedException(
          "CRIU", "this process's rights cannot be read (" + e + ")", "Mount /proc", e);
    }
  }

  /**
   * Asks CRIU whether this kernel has what it needs, and sees whether it has the rights and can
   * dump what this process has.
   */
  public void check() throws RefusedException {
    check(rights());
    GuardPages.check(this);
  }

  void check(Rights rights) throws RefusedException {
    SystemCallFilter.refuse();
    Optional<String> complaint = complaint(rights);
    // A script, or a program whose capabilities nobody could be asked for, may have more than is
    // known: what CRIU's check asks for.
    if (complaint.isPresent()
        || rights.missing().stream().noneMatch(need -> need.capability().isTheLeast())) {
      checkRights(rights);
    }
    if (complaint.isPresent()) {
      String said = complaint.get();
      throw new RefusedException(
          "CRIU",
          "%s does not work on kernel %s with these rights. It said: %s"
              .formatted(path, System.getProperty("os.version"), said),
          said.contains("permitted") || said.contains("CAP_") ? CapabilityRemedy.ANY : install());
    }
  }

  /** The end of what CRIU's own check prints where it does not pass. */
  public Optional<String> complaint(Rights rights) throws RefusedException {
    String said = ask(rights);
    // A container's /proc/sys is read-only. Nothing is written there where clone3 chooses the PIDs.
    if (said.contains("Looks good") || said.contains("ns_last_pid") && clonesByPid(rights)) {
      return Optional.empty();
    }
    List<String> words = said.lines().filter(line -> !line.isBlank()).toList();
    String last = String.join("; ", words.subList(Math.max(0, words.size() - 3), words.size()));
    return Optional.of(last.isEmpty() ? "nothing" : last);
  }

  /** Whether clone3 gives a process the PID that CRIU asks for. */
  public boolean clonesByPid(Rights rights) throws RefusedException {
    return ask(rights, "--feature", "clone3_set_tid").contains("is supported");
  }

  private String ask(Rights rights, String... options) throws RefusedException {
    List<String> arguments = new ArrayList<>(List.of("check"));
    if (rights.unprivileged()) {
      arguments.add("--unprivileged");
    }
    arguments.addAll(List.of(options));
    return run(arguments.toArray(String[]::new));
  }

  /** CRIU's own check asks for one of them alone, and a restore without another one hangs. */
  void checkRights(Rights rights) throws RefusedException {
    if (rights.hopeless()) {
      throw new RefusedException(
          "CRIU",
          "kernel.yama.ptrace_scope is 3: no process can be looked into until the next boot",
          "Boot with a lower kernel.yama.ptrace_scope (1 is usual)");
    }
    List<Rights.Need> missing = rights.missing();
    if (!missing.isEmpty()) {
      throw new RefusedException(
          "CRIU",
          "%s lacks %s, which %s needs"
              .formatted(
                  rights.uid() == 0 ? "this root" : "the user " + rights.uid(),
                  missing.stream()
                      .map(
                          need ->
                              "the capability " + need.capability() + " (" + need.reason() + ")")
                      .collect(Collectors.joining(" and ")),
                  path),
          CapabilityRemedy.of(rights, path));
    }
  }

  /** The version, such as 4.1.1, for the manifest. */
  public String version() throws RefusedException {
    String known = version;
    if (known == null) {
      known =
          run("--version")
              .lines()
              .filter(line -> line.startsWith("Version: "))
              .map(line -> line.substring("Version: ".length()))
              .findFirst()
              .orElse("unknown");
      version = known;
    }
    return known;
  }

  private String run(String... arguments) throws RefusedException {
    List<String> command = new ArrayList<>(List.of(path.toString()));
    command.addAll(List.of(arguments));
    Process process = null;
    // A file, for a process of a wrapper script may keep a pipe open. It is gone at once, whoever
    // is
    // killed.
    try (UnnamedFile output = UnnamedFile.create("criu-")) {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(output.file());
      builder.environment().remove("POSIXLY_CORRECT"); // or it sees no option after its first word
      process = builder.start();
      output.unname();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new RefusedException(
            "CRIU",
            String.join(" ", command) + " did not end within " + limit.toMillis() + " ms",
            install());
      }
      return output.text();
    } catch (IOException e) {
      throw new RefusedException("CRIU", path + " cannot be started (" + e + ")", install(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(
          "CRIU", "the thread that asked it was interrupted", "Ask for the checkpoint again", e);
    } finally {
      if (process != null) {
        process.descendants().forEach(ProcessHandle::destroyForcibly); // of a wrapper script
        process.destroyForcibly();
      }
    }
  }
}
