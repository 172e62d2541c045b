/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Spread;
import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** A restored process that gets load from time to time, and what it did each time. */
final class Watched implements AutoCloseable {

  private static final Pattern PAUSE = Pattern.compile("GC\\(\\d+\\) Pause .* ([\\d.]+)ms$");
  private static final int MINOR_FAULTS = 7; // behind the command's name: see proc_pid_stat(5)
  private static final int MAJOR_FAULTS = 9;

  private final String name;
  private final Service service;
  private final URI address;
  private final long pid;
  private final Path collections;
  private final List<Slice> slices = new ArrayList<>();

  /**
   * What a process did while it had its turn.
   *
   * @param perSecond requests a second
   * @param requests how many in all
   * @param p99 milliseconds
   * @param pauses milliseconds of each of the collector's pauses
   * @param minorFaults a second
   * @param majorFaults a second
   */
  record Slice(
      double perSecond,
      int requests,
      double p99,
      List<Double> pauses,
      double minorFaults,
      double majorFaults) {}

  /** Restores an image, and has the JVM write down its collections from then on. */
  static Watched restore(String name, Image image, Path folder) throws IOException {
    Path output = folder.resolve(image.folder().getFileName() + ".out");
    Service service = image.ours(name, false).start(output);
    FirstAnswer.millis(service, image.subject().address());
    Watched watched = new Watched(name, service, image, output.resolveSibling(output + ".gc"));
    List<String> command =
        List.of(
            image.javaHome().resolve("bin/jcmd").toString(),
            Long.toString(watched.pid),
            "VM.log",
            "output=file=" + watched.collections,
            "what=gc");
    try (Service jcmd = Service.run(command, Map.of(), output.resolveSibling("jcmd.out"))) {
      if (jcmd.exitStatus() != 0 || !Files.exists(watched.collections)) {
        service.close();
        throw new IOException("No log of the collector: " + jcmd.output());
      }
    }
    return watched;
  }

  private Watched(String name, Service service, Image image, Path collections) {
    this.name = name;
    this.service = service;
    this.address = image.subject().address();
    this.pid = service.jvms().get(0);
    this.collections = collections;
  }

  String name() {
    return name;
  }

  /** Its turn: so many clients call as fast as they are answered. */
  Slice load(int clients, Duration duration) throws Exception {
    int collectionsBefore = pauses(Files.readAllLines(collections)).size();
    long[] faultsBefore = faults(stat());
    long begin = System.nanoTime();
    double[] millis = ClosedLoop.run(address, clients, duration);
    double seconds = (System.nanoTime() - begin) / 1e9;
    long[] faults = faults(stat());
    List<Double> pauses = pauses(Files.readAllLines(collections));
    Slice slice =
        new Slice(
            millis.length / seconds,
            millis.length,
            millis[millis.length * 99 / 100],
            List.copyOf(pauses.subList(collectionsBefore, pauses.size())),
            (faults[0] - faultsBefore[0]) / seconds,
            (faults[1] - faultsBefore[1]) / seconds);
    slices.add(slice);
    return slice;
  }

  private String stat() throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/stat"));
  }

  /** Minor and major ones, of a line of {@code /proc/PID/stat}. */
  static long[] faults(String stat) {
    String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return new long[] {Long.parseLong(words[MINOR_FAULTS]), Long.parseLong(words[MAJOR_FAULTS])};
  }

  /** Milliseconds of each pause in the JVM's log. */
  static List<Double> pauses(List<String> log) {
    return log.stream()
        .map(PAUSE::matcher)
        .filter(Matcher::find)
        .map(line -> Double.valueOf(line.group(1)))
        .toList();
  }

  /** Cells of the table, of some of its turns. */
  List<String> cells(String when, int from, int to) {
    List<Slice> some = slices.subList(from, to);
    List<Double> pauses = some.stream().flatMap(slice -> slice.pauses.stream()).toList();
    double total = pauses.stream().mapToDouble(Double::doubleValue).sum();
    long requests = some.stream().mapToLong(Slice::requests).sum();
    return List.of(
        name,
        when,
        "%,d".formatted(requests),
        range("%.0f (%.0f–%.0f)", some, Slice::perSecond),
        range("%.2f (%.2f–%.2f)", some, Slice::p99),
        "%d, %.0f ms".formatted(pauses.size(), total),
        "%.2f".formatted(total * 1000 / requests),
        "%.1f".formatted(pauses.stream().mapToDouble(Double::doubleValue).max().orElse(0)),
        range("%.0f (%.0f–%.0f)", some, Slice::minorFaults),
        range("%.1f (%.1f–%.1f)", some, Slice::majorFaults));
  }

  private static String range(String format, List<Slice> some, ToDoubleFunction<Slice> of) {
    Spread spread = Spread.of(some.stream().map(of::applyAsDouble).toList());
    return format.formatted(spread.median(), spread.low(), spread.high());
  }

  /** How many times as much as another one, turn by turn, from one on. */
  Spread pairs(Watched other, int from, ToDoubleFunction<Slice> of) {
    return Spread.of(
        IntStream.range(from, slices.size())
            .mapToObj(i -> of.applyAsDouble(slices.get(i)) / of.applyAsDouble(other.slices.get(i)))
            .toList());
  }

  @Override
  public void close() {
    service.jvms().forEach(jvm -> Service.signal("KILL", jvm));
    service.close();
  }
}
