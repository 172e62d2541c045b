/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.benchmarks.Spread;
import dev.cracadapters.demo.Network;
import dev.cracadapters.demo.OrdersSetup;
import dev.cracadapters.demo.Service;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/** Many of the orders service at once. */
final class Clones {

  /** Below net.ipv4.ip_local_port_range, where that is as usual. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS_EACH = 20;
  private static final long LOOK = 20_000_000;

  private final StartOptions options;
  private final Pids pids;
  private final List<List<String>> rows = new ArrayList<>();

  Clones(StartOptions options, Pids pids) {
    this.options = options;
    this.pids = pids;
  }

  static String heading() {
    return """
        | all at once | until the last first answer, ms: median, least and most | until the first | PSS of all, MB | of one alone |
        | --- | --- | --- | --- | --- |
        """;
  }

  List<List<String>> rows() {
    return rows;
  }

  /** Clones of each of the images in turns, each clone in a network of its own. */
  void restored(Ways service) throws Exception {
    String clones = options.clones() + " clones by `restore --clone`";
    List<AllAtOnce> kinds = new ArrayList<>();
    List<Network> networks = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(options.clones());
    try {
      OrdersSetup setup = Objects.requireNonNull(service.subject().setup());
      for (int i = 0; i < options.clones(); i++) {
        networks.add(setup.network("network-" + i));
      }
      kinds.add(clones(clones, service, service.read(), networks));
      kinds.add(clones(clones + ", mapped", service, service.mapped(), networks));
      Image unrehearsed = service.unrehearsed();
      if (unrehearsed != null) {
        kinds.add(clones(clones + ", crac.rehearse=off", service, unrehearsed, networks));
      }
      for (int round = 0; round < options.cloneRounds(); round++) {
        for (AllAtOnce kind : kinds) {
          round(kind, threads);
        }
      }
    } finally {
      threads.shutdownNow();
      networks.forEach(Network::close);
    }
    kinds.forEach(kind -> rows.add(kind.row()));
  }

  private AllAtOnce clones(String name, Ways service, Image image, List<Network> networks) {
    Subject subject = service.subject();
    return new AllAtOnce(
        name,
        service.pssOf(image),
        i -> {
          Network network = networks.get(i);
          Service clone =
              network.restore(image.folder(), subject.withImage(image.folder()), output(i));
          awaitListener(clone, network.pid(), subject.port());
          return new Answered(clone, at(network.ports().http(), subject));
        });
  }

  /** As many that are started, each with ports of its own. */
  void started(Started way, Subject subject, double alone) throws Exception {
    AllAtOnce all =
        new AllAtOnce(
            "%d of %s".formatted(options.clones(), way.name()),
            alone,
            i -> {
              Map<String, String> environment = new HashMap<>(way.environment());
              int port = port(i);
              environment.put("PORT", Integer.toString(port));
              environment.put("TLS_PORT", "0");
              environment.put("LINE_PORT", "0");
              environment.put("LOG_FILE", subject.folder().resolve("log-" + i + ".log").toString());
              Service service = Service.run(way.command(), environment, output(i));
              return new Answered(service, at(port, subject));
            });
    ExecutorService threads = Executors.newFixedThreadPool(options.clones());
    try {
      round(all, threads);
    } finally {
      threads.shutdownNow();
    }
    rows.add(all.row());
  }

  /** One that the kernel gives to nobody who asks for any: the others ask while this one starts. */
  private static int port(int number) throws IOException {
    for (int port = FIRST_PORT + number * PORTS_EACH; ; port++) {
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (BindException e) {
        if (port % PORTS_EACH == PORTS_EACH - 1) {
          throw e;
        }
      }
    }
  }

  private static URI at(int port, Subject subject) {
    return URI.create("http://127.0.0.1:" + port + subject.path());
  }

  private Path output(int number) {
    return options.folder().resolve("clone-" + number + ".out");
  }

  private record Answered(Service service, URI address) {}

  private interface Starting {
    Answered start(int number) throws Exception;
  }

  /** What is started so, and what was measured of it. */
  private record AllAtOnce(
      String name,
      double alone,
      Starting starting,
      List<Double> first,
      List<Double> last,
      List<Double> pss) {

    AllAtOnce(String name, double alone, Starting starting) {
      this(name, alone, starting, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    List<String> row() {
      Spread spread = Spread.of(last);
      return List.of(
          name,
          "%.0f, %.0f–%.0f".formatted(spread.median(), spread.least(), spread.most()),
          "%.0f".formatted(Spread.of(first).median()),
          "%.0f".formatted(Spread.of(pss).median()),
          "%.0f".formatted(alone));
    }
  }

  private void round(AllAtOnce kind, ExecutorService threads) throws Exception {
    pids.beginAnewInTime();
    List<Service> services = new ArrayList<>();
    List<Callable<Double>> all = new ArrayList<>();
    long begin = System.nanoTime();
    for (int i = 0; i < options.clones(); i++) {
      int number = i;
      all.add(
          () -> {
            Answered one = kind.starting.start(number);
            synchronized (services) {
              services.add(one.service);
            }
            double own = FirstAnswer.millis(one.service, one.address);
            return own + (one.service.startedNanos() - begin) / 1e6;
          });
    }
    try {
      List<Double> times = new ArrayList<>();
      for (Future<Double> time : threads.invokeAll(all)) {
        times.add(time.get());
      }
      Spread spread = Spread.of(times);
      kind.first.add(spread.least());
      kind.last.add(spread.most());
      double sum = 0;
      for (Service service : services) {
        sum += Memory.pssMegabytes(service);
      }
      kind.pss.add(sum);
      System.err.printf("%s: %.0f ms, %.0f MB%n", kind.name, spread.most(), sum);
    } finally {
      services.forEach(Service::close);
    }
  }

  /** A look at the kernel's list costs less than a call through the relays into the network. */
  private static void awaitListener(Service clone, long pid, int port) throws IOException {
    while (clone.isAlive() && !isListenedTo(pid, port)) {
      LockSupport.parkNanos(LOOK);
    }
  }

  private static boolean isListenedTo(long pid, int port) throws IOException {
    String end = ":%04X ".formatted(port);
    for (String file : List.of("tcp", "tcp6")) {
      for (String line : Files.readAllLines(Path.of("/proc", "" + pid, "net", file))) {
        String[] words = line.strip().split(" +");
        if (words.length > 3 && (words[1] + " ").endsWith(end) && words[3].equals("0A")) {
          return true;
        }
      }
    }
    return false;
  }
}
