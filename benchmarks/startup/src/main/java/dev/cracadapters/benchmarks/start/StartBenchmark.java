/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * How soon a service answers a request that reads the database: started in the ways that there are,
 * and restored. One after the other, in turns, from the start of the command.
 */
public final class StartBenchmark {

  private static final int PER_SECOND = 50;

  private final StartOptions options;
  private final StartReport report;
  private final Pids pids = new Pids();

  /** What is open while it is measured. */
  private final Deque<AutoCloseable> open = new ConcurrentLinkedDeque<>();

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
    try {
      List<Ways> services = prepare();
      pids.imagesAreTaken();
      for (int round = 0; round < options.rounds(); round++) {
        for (Ways service : services) {
          round(service, round);
        }
      }
      services.forEach(service -> report.service(service.subject(), service.measured()));
      for (Ways service : services) {
        if (service.subject().setup() != null) {
          clones(service);
          heavy(service);
        }
      }
      report.write();
    } finally {
      while (!open.isEmpty()) {
        open.pop().close();
      }
    }
  }

  /** All services side by side: nothing of this is measured. */
  private List<Ways> prepare() throws Exception {
    @Nullable RunFolder run = runFolder();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Callable<Ways>> all = new ArrayList<>();
      for (String name : options.services()) {
        all.add(
            () -> {
              say("%s: starting PostgreSQL, training archives, taking images", name);
              Subject subject = Subject.of(name, options);
              open.push(subject);
              Ways ways = Ways.of(subject, options, run);
              say("%s: is ready to be measured", name);
              return ways;
            });
      }
      List<Ways> ready = new ArrayList<>();
      for (Future<Ways> one : threads.invokeAll(all)) {
        ready.add(one.get());
      }
      return ready;
    } finally {
      threads.shutdownNow();
    }
  }

  private @Nullable RunFolder runFolder() throws IOException {
    if (RunFolder.isTmpfs()) {
      say("/run is a tmpfs: no row for it");
      return null;
    }
    try {
      RunFolder run = RunFolder.open(options);
      open.push(run);
      return run;
    } catch (IOException e) {
      say("no row where /run is a tmpfs: %s", e.getMessage());
      return null;
    }
  }

  private void round(Ways service, int round) throws Exception {
    // The first rounds find more to do than the later ones, on the disk and in the database.
    boolean withLoad = round >= options.rounds() - options.loadRounds();
    boolean withCold = round >= options.rounds() - options.coldRounds();
    for (Map.Entry<Way, Measured> way : service.all().entrySet()) {
      once(service.subject(), way.getKey(), way.getValue(), round, false, withLoad);
      if (withCold && way.getKey().image() != null) {
        once(service.subject(), way.getKey(), way.getValue(), round, true, false);
      }
    }
  }

  private void once(
      Subject subject, Way way, Measured measured, int round, boolean cold, boolean withLoad)
      throws Exception {
    pids.beginAnewInTime();
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
        measured.load(Requests.atSteadyRate(subject.address(), options.requests(), PER_SECOND));
      }
      end(service);
    }
  }

  /** The JVM first: what has restored it then ends by itself, and leaves nothing. */
  private static void end(Service service) {
    service.jvms().forEach(pid -> Service.signal("KILL", pid));
    service.exitStatus();
  }

  private void clones(Ways service) throws Exception {
    if (options.clones() == 0) {
      return;
    }
    Clones clones = new Clones(options, pids);
    for (Map.Entry<Way, Measured> way : service.all().entrySet()) {
      if (way.getKey() instanceof Started started && started.name().endsWith("AOT cache")) {
        clones.started(started, service.subject(), way.getValue().pss().median());
      }
    }
    clones.restored(service);
    report.clones(clones.rows());
  }

  /** The same service beside one that holds more, each read and mapped, in turns. */
  private void heavy(Ways service) throws Exception {
    if (options.heapMegabytes() == 0) {
      return;
    }
    int megabytes = options.heapMegabytes();
    say("%s: taking two images with %d MB of live heap", service.subject().name(), megabytes);
    Subject subject = service.subject();
    Path jdk = service.read().javaHome();
    Image read = Image.heavy(subject, options, jdk, megabytes, "-heavy");
    Image mapped = Image.heavy(subject, options, jdk, megabytes, "-heavy-mapped", Image.MAPPED);
    pids.imagesAreTaken();
    String large = "with %d MB of live heap".formatted(megabytes);
    Map<Way, Measured> all = new LinkedHashMap<>();
    for (Way way :
        List.of(
            service.read().ours("as above, read", false),
            service.mapped().ours("as above, mapped", false),
            read.ours(large + ", read", false),
            mapped.ours(large + ", mapped", false))) {
      all.put(way, new Measured(way.name(), true, way.imageBytes()));
    }
    for (int round = 0; round < options.rounds(); round++) {
      for (Map.Entry<Way, Measured> way : all.entrySet()) {
        once(subject, way.getKey(), way.getValue(), round, false, false);
      }
    }
    report.heavy(List.copyOf(all.values()));
  }

  private static void say(String format, Object... values) {
    System.err.printf(format + "%n", values);
  }
}
