/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.TakenImage;
import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An image of a service that had answered requests, and the ways to restore it.
 *
 * @param subject the service
 * @param javaHome its JDK
 * @param folder where the image is
 */
record Image(Subject subject, Path javaHome, Path folder) {

  static final int CLIENTS = 4;
  private static final int KILLED = 137;

  /** A checkpoint, or an archive that is written at the end, takes its time on a busy machine. */
  static final Duration END = Duration.ofMinutes(10);

  /** A restored process maps its memory, instead of having it read. */
  static final String MAPPED = "-Dcrac.criu.map=on";

  /** The walk up runs for the first time after the restore. */
  static final String UNREHEARSED = "-Dcrac.rehearse=off";

  /**
   * Starts the executable jar, calls it, and takes the image.
   *
   * @param suffix of the image's folder
   * @param flags for the JVM
   */
  static Image of(
      Subject subject, StartOptions options, Path javaHome, String suffix, String... flags)
      throws Exception {
    List<String> main = List.of("-jar", subject.jar().toString());
    return take(subject, options, javaHome, suffix, with(options.flags(0), flags), main);
  }

  /** The same of a process that holds so many megabytes more. */
  static Image heavy(
      Subject subject,
      StartOptions options,
      Path javaHome,
      int megabytes,
      String suffix,
      String... flags)
      throws Exception {
    List<String> main =
        List.of(
            "-cp",
            subject.jar() + ":" + ownJar(),
            Heavy.class.getName(),
            Integer.toString(megabytes),
            "org.springframework.boot.loader.launch.JarLauncher");
    List<String> all = with(options.flags(megabytes), flags);
    return take(subject, options, javaHome, suffix, all, main);
  }

  private static List<String> with(List<String> common, String... flags) {
    return Stream.concat(common.stream(), Stream.of(flags)).toList();
  }

  private static Path ownJar() throws URISyntaxException {
    return Path.of(Heavy.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static Image take(
      Subject subject,
      StartOptions options,
      Path javaHome,
      String suffix,
      List<String> flags,
      List<String> main)
      throws Exception {
    Path folder = subject.folder().resolve("image-" + javaHome.getFileName() + suffix);
    Path output = subject.folder().resolve("checkpoint" + suffix + ".out");
    // In a session of its own: CRIU dumps no process whose session leader is outside its namespace.
    List<String> command =
        new ArrayList<>(List.of("setsid", Started.java(javaHome), "-Dcrac.criu=" + options.criu()));
    command.addAll(flags);
    command.addAll(main);
    try (Service service = Service.run(command, subject.withImage(folder), output)) {
      FirstAnswer.millis(service, subject.address());
      Requests.warmUp(subject.address(), CLIENTS, options.warmUpRequests());
      Requests.checkpoint(subject.at("/actuator/checkpoint"));
      int status = service.exitStatus(END);
      if (status != KILLED) {
        throw new IOException("No checkpoint, exit status " + status + ": " + service.output());
      }
    }
    return new Image(subject, javaHome, folder);
  }

  /** {@code IMAGE/restore}. */
  Way ours(String name, boolean withLoad) {
    return restored(name, script(), true, withLoad, () -> {});
  }

  /** The same where CRIU finds what it has noted of the kernel. */
  Way ours(String name, RunFolder run) {
    return restored(name, run.inside(script()), true, false, () -> {});
  }

  private List<String> script() {
    return List.of(folder.resolve("restore").toString());
  }

  /** CRIU alone, told what our script would have found out. */
  Way bare(String name, StartOptions options) throws IOException, InterruptedException {
    TakenImage image = new TakenImage(folder, 0, 0, 0);
    List<String> command = image.bare(options.criu(), subject.folder(), subject.withImage(folder));
    return restored(name, command, false, false, image::prepareBare);
  }

  private Way restored(
      String name, List<String> command, boolean ours, boolean withLoad, Preparation before) {
    Map<String, String> environment = subject.withImage(folder);
    List<Path> files = List.of(folder, subject.jar(), javaHome);
    return new Way() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public boolean isOurs() {
        return ours;
      }

      @Override
      public boolean withLoad() {
        return withLoad;
      }

      @Override
      public Service start(Path output) throws IOException {
        before.run();
        return Service.run(command, environment, output);
      }

      @Override
      public List<Path> files() {
        return files;
      }

      @Override
      public Path image() {
        return folder;
      }
    };
  }

  /** What is not measured. */
  private interface Preparation {
    void run() throws IOException;
  }
}
