/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cracadapters.demo.DemoReport.Events;
import dev.cracadapters.demo.DemoReport.Restore;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The steps of the demo. */
final class Walk {

  private static final int CLIENTS = 4;
  private static final int WARM_UP_ORDERS = 3000;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SIGTERM_STATUS = 128 + 15;
  private static final int SIGKILL_STATUS = 128 + 9;

  private final OrdersSetup setup;
  private final Progress progress;
  private final DemoReport report;
  private final List<Load> loads = new ArrayList<>();
  private final List<String> extraRequests = new ArrayList<>();
  private final List<String> tokens = new ArrayList<>();

  Walk(OrdersSetup setup, Progress progress, DemoReport report) {
    this.setup = setup;
    this.progress = progress;
    this.report = report;
  }

  /** With CRIU: three restores of one image. */
  void withCriu() throws Exception {
    OrdersClient orders = setup.client(setup.ports());
    Service original =
        progress.step("Starting the service with plain java -jar", () -> startCold(orders));
    Load load;
    try (original) {
      progress.step("Warming it up", () -> warmUp(orders));
      load = Load.start(orders, "load", CLIENTS);
      loads.add(load);
      progress.step(
          "Checkpoint, while " + CLIENTS + " clients are calling",
          () -> checkpoint(original, orders, load));
      ends("the checkpointed process has ended", original, SIGKILL_STATUS);
    }
    try (Service restored =
        progress.step("Restoring it", () -> restore(0, setup.restore("restored"), orders))) {
      report.checkRestoreIsFaster();
      progress.step("The clients go on", () -> goOn(load));
      load.close();
      everythingWorks("restored", orders);
      report.imageBytes = orders.lastReport().at("/image/bytes").asLong(-1);
      restored.signal("TERM");
      ends("SIGTERM passes through restore", restored, SIGTERM_STATUS);
    }
    String why = Network.missing(setup.inOwnNetwork(), setup.output("namespaces"));
    if (why.isEmpty()) {
      progress.step("Restoring it twice at the same time, as two clones", this::twoClones);
    } else {
      progress.say("Namespaces are not available here (" + why + "): one clone after the other");
      progress.step("Restoring it twice, one after the other", () -> twoInTurn(orders));
    }
    report.check(
        "the tokens of all processes are distinct",
        new HashSet<>(tokens).size() == tokens.size() && tokens.size() >= 4,
        tokens.size() + " tokens");
    nothingWasLost();
  }

  /** Without a snapshot: the same walk down and up, in one process. */
  void withPause() throws Exception {
    OrdersClient orders = setup.client(setup.ports());
    try (Service service =
        progress.step("Starting the service with plain java -jar", () -> startCold(orders))) {
      progress.step("Warming it up", () -> warmUp(orders));
      Load load = Load.start(orders, "load", CLIENTS);
      loads.add(load);
      long paused =
          progress.step(
              "Pausing it, while " + CLIENTS + " clients are calling",
              () -> pause(service, orders));
      String token = orders.token(request("paused"));
      tokens.add(token);
      report.restored(new Restore(0, paused, token, orders.pid(), null));
      progress.step("The clients go on", () -> goOn(load));
      load.close();
      everythingWorks("paused", orders);
      service.signal("TERM");
      ends("SIGTERM ends it", service, SIGTERM_STATUS);
    }
    nothingWasLost();
  }

  private void ends(String check, Service service, int wanted) {
    int status = service.exitStatus();
    report.check(check, status == wanted, "exit status " + status);
  }

  private Service startCold(OrdersClient orders) {
    Service service = setup.start("service");
    report.coldStartMillis = service.firstOkMillis(orders.http(), orders.countAddress());
    return service;
  }

  private Void warmUp(OrdersClient orders) throws IOException {
    try (Load load = Load.start(orders, "warm", CLIENTS)) {
      loads.add(load);
      long begin = System.nanoTime();
      Wait.until("warm-up", LIMIT.multipliedBy(2), () -> isWarm(load, System.nanoTime() - begin));
    }
    orders.countOverTls();
    orders.line("COUNT");
    tokens.add(orders.token(request("warm")));
    return null;
  }

  /** On a slow or a busy machine it is as warm as it gets within the limit. */
  private static boolean isWarm(Load load, long nanos) {
    int orders = load.taken().size();
    return orders >= WARM_UP_ORDERS || orders >= CLIENTS && nanos > LIMIT.toNanos();
  }

  private Void checkpoint(Service original, OrdersClient orders, Load load) throws Exception {
    Wait.until("load", LIMIT, () -> load.taken().size() >= CLIENTS * 5);
    try (PauseWatch watch = setup.watchPause()) {
      askForCheckpoint(orders);
      Wait.until("end of the process", LIMIT, () -> !original.isAlive() || isRefused(orders));
      if (original.isAlive()) {
        throw new IllegalStateException(
            "The checkpoint was refused: " + orders.lastReport().get("failures"));
      }
      noSessions(watch, setup.database().sessions());
    }
    return null;
  }

  private void askForCheckpoint(OrdersClient orders) throws IOException {
    PlainHttp.Answer answer = PlainHttp.post(orders.plain("/actuator/checkpoint"));
    report.check(
        "POST /actuator/checkpoint: 202, then a clean close",
        answer.status() == 202 && answer.closedCleanly(),
        answer.toString());
  }

  private void noSessions(PauseWatch watch, int left) {
    report.dbSessionsDuringPause = Math.max(watch.mostSessions(), left);
    report.check(
        "no database session during the pause",
        watch.mostSessions() == 0 && left == 0,
        "%d sessions, looked %d times".formatted(watch.mostSessions(), watch.looks()));
  }

  private static boolean isRefused(OrdersClient orders) {
    try {
      return orders.lastReport().path("outcome").asText().equals("REFUSED");
    } catch (IOException e) {
      return false; // it is away
    }
  }

  private long pause(Service service, OrdersClient orders) throws Exception {
    try (PauseWatch watch = setup.watchPause()) {
      askForCheckpoint(orders);
      Wait.until("the pause", LIMIT, () -> Files.exists(setup.pauseFile()));
      Wait.until("a look at the database", LIMIT, () -> watch.looks() > 10);
      long begin = System.nanoTime();
      Files.delete(setup.pauseFile());
      Wait.until("service", LIMIT, () -> orders.http().isOk(orders.countAddress()));
      long millis = (System.nanoTime() - begin) / 1_000_000;
      noSessions(watch, 0);
      report.check("the process is the same", service.isAlive(), "PID " + service.pid());
      return millis;
    }
  }

  private Service restore(int clone, Service restored, OrdersClient orders) throws IOException {
    RestoreTimes times = RestoreTimes.of(restored, orders);
    report.checkParts(clone == 0 ? "restored" : "clone " + clone, times);
    String token = orders.token(request("restore-" + clone));
    synchronized (tokens) {
      tokens.add(token);
    }
    report.restored(new Restore(clone, times.firstOk(), token, orders.pid(), times.parts()));
    return restored;
  }

  private static Void goOn(Load load) {
    int before = load.taken().size();
    Wait.until("the clients", LIMIT, () -> load.taken().size() >= before + 200);
    return null;
  }

  private Void twoClones() throws Exception {
    ExecutorService both = Executors.newFixedThreadPool(2);
    try (Network first = setup.network("network-1");
        Network second = setup.network("network-2")) {
      Future<Service> one = both.submit(cloneIn(first, 1));
      Future<Service> two = both.submit(cloneIn(second, 2));
      try (Service clone1 = one.get(2, TimeUnit.MINUTES);
          Service clone2 = two.get(2, TimeUnit.MINUTES)) {
        underLoad("clone 1", first.ports());
        underLoad("clone 2", second.ports());
        bothHaveTheSamePid();
        // Not INT: a demo in a shell's background has that ignored, and so has a clone.
        clone1.signal("TERM");
        ends("SIGTERM passes through restore --clone", clone1, SIGTERM_STATUS);
        clone2.jvms().forEach(pid -> Service.signal("KILL", pid));
        String killed = "the exit status of a killed process passes through restore";
        ends(killed, clone2, SIGKILL_STATUS);
      }
    } finally {
      both.shutdownNow();
    }
    return null;
  }

  private Callable<Service> cloneIn(Network network, int number) {
    return () ->
        restore(
            number,
            network.restore(setup.image(), setup.environment(), setup.output("clone-" + number)),
            setup.client(network.ports()));
  }

  private void bothHaveTheSamePid() {
    List<Long> pids = report.restores().stream().map(Restore::pid).distinct().toList();
    report.check(
        "every restored process has the PID of the original", pids.size() == 1, "PID " + pids);
  }

  private Void twoInTurn(OrdersClient orders) throws Exception {
    for (int number = 1; number <= 2; number++) {
      try (Service clone = restore(number, setup.restore("clone-" + number), orders)) {
        underLoad("clone " + number, setup.ports());
        clone.signal("TERM");
        ends("SIGTERM passes through restore, clone " + number, clone, SIGTERM_STATUS);
      }
    }
    return null;
  }

  private void underLoad(String name, OrdersClient.Ports ports) throws Exception {
    OrdersClient orders = setup.client(ports);
    try (Load load = Load.start(orders, name.replace(' ', '-'), CLIENTS)) {
      loads.add(load);
      goOn(load);
    }
    everythingWorks(name, orders);
  }

  /** What the service does, seen from outside. */
  private void everythingWorks(String name, OrdersClient orders) throws Exception {
    long before = orders.count();
    String reference = "check-" + name.replace(' ', '-');
    JsonNode order = HttpCalls.parse(orders.order(reference, request("order-" + reference)).body());
    long id = order.get("id").asLong();
    long after = orders.count();
    report.check(
        name + ": HTTP, database writes and reads",
        after == before + 1
            && orders.orderById(id).get("reference").asText().equals(reference)
            && setup.database().number("select count(*) from orders where reference = ?", reference)
                == 1,
        before + " orders, then " + after);
    long tls = orders.countOverTls();
    report.check(name + ": HTTPS", tls == after, tls + " orders");
    String line = orders.line("COUNT");
    report.check(name + ": COUNT over the line server", line.equals("" + after), line);
    long runs = orders.jobRuns();
    Wait.until("the job of " + name, LIMIT, () -> orders.jobRuns() >= runs + 2);
    report.check(name + ": the scheduled job runs", true, "from " + runs + " on");
    JsonNode last = orders.lastReport();
    report.check(
        name + ": the report of the walk",
        last.get("outcome").asText().equals("RESTORED") && last.get("failures").isEmpty(),
        last.get("outcome").asText() + ", " + last.get("resources").size() + " resources");
  }

  private void nothingWasLost() {
    List<String> sent = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    int taken = 0;
    int lost = 0;
    int again = 0;
    for (Load load : loads) {
      taken += load.taken().size();
      lost += load.lostAnswers();
      again += load.failures();
      wrong.addAll(load.wrong());
      load.taken().forEach(reference -> sent.add(LogEvents.order(reference)));
      load.answered().forEach(id -> sent.add(LogEvents.request(id)));
    }
    extraRequests.forEach(id -> sent.add(LogEvents.request(id)));
    LogEvents log = LogEvents.read(setup.logFile());
    report.logEvents = new Events(sent.size(), log.found(sent), log.duplicates(sent));
    report.check(
        "every log event is there exactly once",
        report.logEvents.found() == sent.size() && report.logEvents.duplicates() == 0,
        report.logEvents.toString());
    report.check(
        "no request in flight was lost",
        lost == 0 && wrong.isEmpty(),
        "%d orders taken, %d calls came while it was away and were made again, %d answers lost%s"
            .formatted(taken, again, lost, wrong.isEmpty() ? "" : ", wrong: " + wrong));
    long stored =
        setup.database().number("select count(*) from orders where reference not like 'check-%'");
    report.check(
        "every order taken is in the database once", stored == taken, stored + " of " + taken);
  }

  private String request(String name) {
    String id = "extra-" + name.replace(' ', '-');
    synchronized (extraRequests) {
      extraRequests.add(id);
    }
    return id;
  }
}
