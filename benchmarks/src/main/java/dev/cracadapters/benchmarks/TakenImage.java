/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An image, and the two ways to restore it.
 *
 * @param folder where it is
 * @param wholeMillis from the request until the process had ended
 * @param trimMillis what the trim took
 * @param diskMillis until its files had reached the disk and their places, as the last line said
 */
public record TakenImage(Path folder, double wholeMillis, long trimMillis, long diskMillis) {

  private static final int KILLED = 137;

  /** What a JVM that holds nothing has in its image, about. */
  private static final int EMPTY_MEGABYTES = 32;

  /** Takes an image of about so many megabytes, after so much garbage for each megabyte of data. */
  static TakenImage about(int megabytes, double garbage, Options options, Path javaHome)
      throws IOException, InterruptedException {
    int live = Math.max(1, megabytes - EMPTY_MEGABYTES);
    List<String> flags = List.of("-XX:+UseG1GC", "-Xms16m", "-Xmx" + (2 * megabytes + 100) + "m");
    return of(options, javaHome, flags, live, (int) (live * garbage));
  }

  /** Takes an image of a JVM that holds so many megabytes, and has dropped so many. */
  static TakenImage of(Options options, Path javaHome, List<String> flags, int... fill)
      throws IOException, InterruptedException {
    Path folder = options.folder().resolve("image");
    delete(folder);
    try (Service service = Service.jvm(options, javaHome, folder, flags, fill)) {
      service.await("ready");
      double begin = service.millis();
      service.send("checkpoint");
      int status = service.awaitExit();
      if (status != KILLED) {
        throw new IOException("No checkpoint, exit status " + status + ": " + service.errors());
      }
      String said = service.errors();
      return new TakenImage(
          folder, service.millis() - begin, told(said, "trim"), told(said, "disk"));
    }
  }

  private static long told(String lines, String part) {
    return Long.parseLong(lines.replaceAll("(?s).*[:,] " + part + " (\\d+) ms.*", "$1"));
  }

  long bytes() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("criu"))) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  List<String> script() {
    return List.of(folder.resolve("restore").toString());
  }

  /**
   * Bare {@code criu restore}, with the descriptors that this image needs: the process then finds
   * in its mailbox what the script would have told it, and goes on at once.
   */
  List<String> bare(Options options) throws IOException, InterruptedException {
    return bare(options.criu(), options.folder(), Map.of());
  }

  /**
   * The same for any image.
   *
   * @param criu the criu command
   * @param work a folder for what is told to the process
   * @param environment what the process is to find in its environment
   * @return the command
   * @throws IOException if a file cannot be read or written
   * @throws InterruptedException if the thread is interrupted
   */
  public List<String> bare(Path criu, Path work, Map<String, String> environment)
      throws IOException, InterruptedException {
    List<String> asked = captured(criu, work, environment);
    String perfData = value("perfdata");
    // The script's own numbers, and standard input away from CRIU as there.
    String exec =
        "exec \"$@\" 3< '%s' 4>&1 6<> '%s' 8>&2 9<&0 < /dev/null"
            .formatted(work.resolve("mail"), perfData.isEmpty() ? "/dev/null" : perfData);
    List<String> words = new ArrayList<>(List.of("sh", "-c", exec, "bare", criu.toString()));
    words.addAll(asked.subList(0, asked.indexOf("--exec-cmd")));
    words.remove("--leave-stopped"); // what comes after --exec-cmd would let the process go on
    words.set(words.indexOf("--work-dir") + 1, work.toString());
    // A copy, where the script has changed one for the criu that it does not know, is gone by now.
    words.set(words.indexOf("--images-dir") + 1, folder.resolve("criu").toString());
    return words;
  }

  /**
   * What the script does before CRIU, and bare CRIU expects to have been done.
   *
   * @throws IOException if a file cannot be written
   */
  public void prepareBare() throws IOException {
    String perfData = value("perfdata");
    if (!perfData.isEmpty()) {
      Path file = Path.of(perfData);
      Files.createDirectories(file.getParent());
      Files.deleteIfExists(file);
      Files.copy(folder.resolve("perfdata"), file);
    }
  }

  /**
   * The script's mail and its call of CRIU, by a criu that only takes them down. The process gets
   * plain files for the script's FIFOs.
   */
  private List<String> captured(Path realCriu, Path work, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path raw = work.resolve("mail.raw");
    Path arguments = work.resolve("arguments");
    Path criu = work.resolve("criu-that-waits");
    Files.write(
        criu,
        List.of(
            "#!/bin/sh",
            "[ \"$1\" = restore ] || exec '" + realCriu + "' \"$@\"",
            "printf '%s\\n' \"$@\" > '" + arguments + "'",
            "until cp /proc/self/fd/3 '" + raw + "' && tail -c 5 '" + raw + "' | grep -q end; do",
            "  sleep 0.01",
            "done",
            "exit 1"));
    criu.toFile().setExecutable(true);
    ProcessBuilder builder =
        new ProcessBuilder("env", "CRAC_CRIU=" + criu, folder.resolve("restore").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    builder.start().waitFor();
    Path nobody = Files.write(work.resolve("nobody"), new byte[0]);
    String mail =
        Files.readString(raw)
            .replaceAll("\0events=[^\0]*", "\0events=" + nobody)
            .replaceAll("\0lifeline=[^\0]*", "\0lifeline=" + nobody);
    Files.writeString(work.resolve("mail"), mail);
    return Files.readAllLines(arguments);
  }

  private String value(String name) throws IOException {
    for (String line : Files.readAllLines(folder.resolve("restore"))) {
      if (line.startsWith(name + "='")) {
        return line.substring(name.length() + 2, line.length() - 1);
      }
    }
    throw new IOException(folder.resolve("restore") + " has no " + name);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        all.sorted((one, other) -> other.compareTo(one)).forEach(path -> path.toFile().delete());
      }
    }
  }
}
