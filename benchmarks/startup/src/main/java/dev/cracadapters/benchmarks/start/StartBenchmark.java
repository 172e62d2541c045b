/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Jdk;
import dev.cracadapters.benchmarks.Spread;
import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How soon a service answers a request that reads the database: started in the ways that there are,
 * and restored. One after the other, in turns, from the start of the command.
 */
public final class StartBenchmark {

  private static final int WITH_AOT_CACHE = 25;
  private static final int REQUESTS = 1000;
  private static final int PER_SECOND = 50;

  private final StartOptions options;
  private final StartReport report;

  /** What one service is measured in. */
  private final Map<Subject, Map<Way, Measured>> all = new LinkedHashMap<>();

  private final Map<Subject, Image> images = new LinkedHashMap<>();

  private StartBenchmark(StartOptions options) throws IOException {
    this.options = options;
    this.report = new StartReport(options);
  }

  /**
   * Measures, and prints and writes tables and a chart.
   *
   * @param arguments see {@code --help}
   * @throws Exception if something cannot be started
   */
  public static void main(String[] arguments) throws Exception {
    StartOptions options;
    try {
      options = StartOptions.of(arguments);
    } catch (IllegalArgumentException e) {
      System.err.print(StartOptions.USAGE);
      System.exit(2);
      return;
    }
    new StartBenchmark(options).run();
    System.exit(0); // relays and clients have threads
  }

  private void run() throws Exception {
    List<Subject> subjects = new ArrayList<>();
    try {
      for (String service : options.services()) {
        say("%s: starting PostgreSQL, taking images, training archives", service);
        Subject subject = Subject.of(service, options);
        subjects.add(subject);
        all.put(subject, ways(subject));
      }
      for (int round = 0; round < options.rounds(); round++) {
        round(round);
      }
      all.forEach((subject, ways) -> report.service(subject, List.copyOf(ways.values())));
      clones();
      heavy();
      report.write();
    } finally {
      for (Subject subject : subjects) {
        subject.close();
      }
    }
  }

  private Map<Way, Measured> ways(Subject subject) throws Exception {
    List<Way> ways = new ArrayList<>();
    List<Way> restored = new ArrayList<>();
    for (Path javaHome : options.javaHomes()) {
      boolean isFirst = javaHome.equals(options.javaHomes().get(0));
      String jdk = Jdk.version(javaHome).replaceAll("[^0-9].*", "");
      boolean hasAotCache = Integer.parseInt(jdk) >= WITH_AOT_CACHE;
      if (isFirst) {
        ways.add(Started.jar(subject, javaHome, jdk));
      }
      if (isFirst || hasAotCache) {
        ways.add(Started.extracted(subject, javaHome, jdk));
      }
      if (isFirst) {
        ways.add(Started.appCds(subject, javaHome, jdk));
      }
      if (hasAotCache) {
        ways.add(Started.aotCache(subject, javaHome, jdk));
      }
      Image image = Image.of(subject, options, javaHome);
      if (isFirst) {
        images.put(subject, image);
        restored.add(image.bare("JDK %s, bare criu restore".formatted(jdk), options));
      }
      restored.add(image.ours("JDK %s, IMAGE/restore".formatted(jdk)));
    }
    ways.addAll(restored);
    Map<Way, Measured> measured = new LinkedHashMap<>();
    for (Way way : ways) {
      measured.put(way, new Measured(way.name(), way.isOurs(), way.imageBytes()));
    }
    return measured;
  }

  private void round(int round) throws Exception {
    // The first rounds find more to do than the later ones, on the disk and in the database.
    boolean withLoad = round >= options.rounds() - options.loadRounds();
    boolean withCold = round >= options.rounds() - options.coldRounds();
    for (Map.Entry<Subject, Map<Way, Measured>> service : all.entrySet()) {
      for (Map.Entry<Way, Measured> way : service.getValue().entrySet()) {
        once(service.getKey(), way.getKey(), way.getValue(), round, false, withLoad);
        if (withCold && way.getKey().image() != null) {
          once(service.getKey(), way.getKey(), way.getValue(), round, true, false);
        }
      }
    }
  }

  private void once(
      Subject subject, Way way, Measured measured, int round, boolean cold, boolean withLoad)
      throws Exception {
    if (cold && options.dropCaches()) {
      PageCache.dropAll();
    } else if (cold) {
      PageCache.drop(way.files());
    }
    try (Service service = way.start(subject.folder().resolve("service.out"))) {
      double millis = FirstAnswer.millis(service, subject.address());
      if (cold) {
        measured.cold(millis);
      } else {
        measured.warm(millis, Memory.pssMegabytes(service));
      }
      say(
          "round %d of %d, %s, %s%s: %.0f ms",
          round + 1, options.rounds(), subject.name(), way.name(), cold ? ", cold" : "", millis);
      if (withLoad && way.withLoad()) {
        measured.load(Requests.atSteadyRate(subject.address(), REQUESTS, PER_SECOND));
      }
      end(service);
    }
  }

  /** The JVM first: what has restored it then ends by itself, and leaves nothing. */
  private static void end(Service service) {
    service.jvms().forEach(pid -> Service.signal("KILL", pid));
    service.exitStatus();
  }

  private void clones() throws Exception {
    for (Map.Entry<Subject, Image> one : images.entrySet()) {
      Subject subject = one.getKey();
      if (!subject.name().equals("orders") || options.clones() == 0) {
        continue;
      }
      Clones clones = new Clones(options);
      for (Map.Entry<Way, Measured> way : all.get(subject).entrySet()) {
        if (way.getKey() instanceof Started started && started.name().endsWith("AOT cache")) {
          clones.started(started, subject, way.getValue().pss().median());
        }
      }
      String jdk = Jdk.version(one.getValue().javaHome()).replaceAll("[^0-9].*", "");
      double alone =
          all.get(subject).values().stream()
              .filter(way -> way.isOurs() && way.name().contains(jdk))
              .findFirst()
              .orElseThrow()
              .pss()
              .median();
      clones.restored(one.getValue(), Math.max(1, options.rounds() / 3), alone);
      report.clones(clones.rows());
    }
  }

  /** The same service beside one that holds more, in turns. */
  private void heavy() throws Exception {
    for (Map.Entry<Subject, Image> one : images.entrySet()) {
      if (!one.getKey().name().equals("orders") || options.heapMegabytes() == 0) {
        continue;
      }
      say("orders: taking an image with %d MB of live heap", options.heapMegabytes());
      Image small = one.getValue();
      Image large = Image.heavy(one.getKey(), options, small.javaHome());
      Map<Way, Measured> both = new LinkedHashMap<>();
      for (Way way :
          List.of(
              small.ours("as above"),
              large.ours("with %d MB of live heap".formatted(options.heapMegabytes())))) {
        both.put(way, new Measured(way.name(), true, way.imageBytes()));
      }
      for (int round = 0; round < options.rounds(); round++) {
        for (Map.Entry<Way, Measured> way : both.entrySet()) {
          once(one.getKey(), way.getKey(), way.getValue(), round, false, false);
        }
      }
      List<Measured> rows = List.copyOf(both.values());
      Spread ratio = rows.get(1).pairs(rows.get(0));
      report.heavy(rows, ratio);
    }
  }

  private static void say(String format, Object... values) {
    System.err.printf(format + "%n", values);
  }
}
