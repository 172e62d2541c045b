/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JVM started by its command line.
 *
 * @param name what it is called
 * @param withLoad whether requests follow
 * @param command the whole command
 * @param environment its settings
 * @param files what it reads, beside the JDK
 * @param image the archive of classes or of code that it takes
 */
record Started(
    String name,
    boolean withLoad,
    List<String> command,
    Map<String, String> environment,
    List<Path> files,
    @Nullable Path image)
    implements Way {

  /** The executable jar as it was built. */
  static Way jar(Subject subject, StartOptions options, Path javaHome, String jdk) {
    return new Started(
        "JDK %s, java -jar".formatted(jdk),
        false,
        command(javaHome, options, "-jar", subject.jar().toString()),
        subject.without(),
        List.of(subject.jar(), javaHome),
        null);
  }

  /** The jar taken apart, as Spring Boot's documentation has it. */
  static Way extracted(Subject subject, StartOptions options, Path javaHome, String jdk)
      throws IOException {
    Path jar = extract(subject, javaHome);
    return new Started(
        "JDK %s, extracted".formatted(jdk),
        false,
        command(javaHome, options, "-jar", jar.toString()),
        subject.without(),
        List.of(jar.getParent(), javaHome),
        null);
  }

  /** With an archive of the classes that a process had loaded which had answered requests. */
  static Way appCds(Subject subject, StartOptions options, Path javaHome, String jdk)
      throws Exception {
    return trained(
        subject,
        options,
        javaHome,
        "JDK %s, extracted, AppCDS archive".formatted(jdk),
        "-XX:ArchiveClassesAtExit=",
        "-XX:SharedArchiveFile=",
        "classes.jsa");
  }

  /** With a cache of classes and profiles of a process which had answered requests. */
  static Way aotCache(Subject subject, StartOptions options, Path javaHome, String jdk)
      throws Exception {
    return trained(
        subject,
        options,
        javaHome,
        "JDK %s, extracted, AOT cache".formatted(jdk),
        "-XX:AOTCacheOutput=",
        "-XX:AOTCache=",
        "cache.aot");
  }

  private static Way trained(
      Subject subject,
      StartOptions options,
      Path javaHome,
      String name,
      String toWrite,
      String toRead,
      String file)
      throws Exception {
    Path jar = extract(subject, javaHome);
    Path archive = jar.resolveSibling(file);
    Path output = archive.resolveSibling(file + ".out");
    List<String> training = command(javaHome, options, toWrite + archive, "-jar", jar.toString());
    try (Service service = Service.run(training, subject.without(), output)) {
      FirstAnswer.millis(service, subject.address());
      Requests.warmUp(subject.address(), Image.CLIENTS, options.warmUpRequests());
      service.signal("TERM");
      service.exitStatus(Image.END);
    }
    if (!Files.exists(archive)) {
      throw new IOException("No archive was written: " + Files.readString(output));
    }
    List<String> command = command(javaHome, options, toRead + archive, "-jar", jar.toString());
    return new Started(
        name, true, command, subject.without(), List.of(jar.getParent(), javaHome), archive);
  }

  private static List<String> command(Path javaHome, StartOptions options, String... words) {
    List<String> command = new ArrayList<>(List.of(java(javaHome)));
    command.addAll(options.flags(0));
    command.addAll(List.of(words));
    return command;
  }

  /** The jar taken apart in a folder for this JDK, once. */
  private static Path extract(Subject subject, Path javaHome) throws IOException {
    Path folder = subject.folder().resolve("extracted-" + javaHome.getFileName());
    Path jar = folder.resolve(subject.jar().getFileName().toString());
    if (!Files.exists(jar)) {
      List<String> command =
          List.of(
              java(javaHome),
              "-Djarmode=tools",
              "-jar",
              subject.jar().toString(),
              "extract",
              "--destination",
              folder.toString());
      try (Service extract =
          Service.run(command, Map.of(), subject.folder().resolve("extract.out"))) {
        if (extract.exitStatus(Image.END) != 0) {
          throw new IOException("The jar cannot be taken apart: " + extract.output());
        }
      }
    }
    return jar;
  }

  static String java(Path javaHome) {
    return javaHome.resolve("bin/java").toString();
  }

  @Override
  public Service start(Path output) {
    return Service.run(command, environment, output);
  }
}
