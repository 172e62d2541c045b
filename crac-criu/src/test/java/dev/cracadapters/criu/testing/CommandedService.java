/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RestoreInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.crac.Context;
import org.crac.Resource;

/**
 * A service with some state, for the tests with real processes: it does what its standard input
 * says, one command a line, and answers with a line.
 */
public final class CommandedService {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final byte[] data = new byte[4 << 20];
  private final ThreadLocal<Integer> ownNumber = ThreadLocal.withInitial(() -> 0);
  private final List<Object> kept = new ArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newScheduledThreadPool(2, task -> daemon("clock", task));
  private int counter;

  private CommandedService() {
    new Random(17).nextBytes(data);
  }

  /**
   * Runs until it is told to exit, or its standard input ends.
   *
   * @param arguments none
   * @throws Exception if a command fails
   */
  public static void main(String[] arguments) throws Exception {
    CommandedService service = new CommandedService();
    CheckpointCoordinator.global().register(service.new Noted("low", 10));
    CheckpointCoordinator.global().register(service.new Noted("high", 20));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> say("shutdown hook"), "hook"));
    say("ready " + ProcessHandle.current().pid());
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 2);
      service.run(words[0], words.length > 1 ? words[1] : "");
    }
    // Where the restore's standard input is closed this thread is here before the other one is
    // back.
    Deadline.after(LIMIT).await(() -> !CheckpointCoordinator.global().isUnderWay());
    say("end of input");
  }

  private void run(String command, String argument) throws Exception {
    switch (command) {
      case "add" -> {
        counter += Integer.parseInt(argument);
        ownNumber.set(counter);
        say("sum=" + counter);
      }
      case "state" -> say("state " + state());
      case "tick" -> say("ticked " + tick());
      case "say" -> say(argument);
      case "complain" -> System.err.println(argument);
      // On a thread of its own, so that another is in the middle of reading when it is taken.
      case "checkpoint" -> daemon("checkpoint", () -> checkpoint(CheckpointOptions.NONE)).start();
      // The same, and goes on; into a folder of its own.
      case "image" ->
          daemon("checkpoint", () -> checkpoint(new CheckpointOptions(Path.of(argument), true)))
              .start();
      case "await" -> {
        if (!Deadline.after(LIMIT).await(() -> RestoreInfo.latest().isPresent())) {
          throw new IllegalStateException("Not restored within " + LIMIT);
        }
      }
      case "environment" -> say("environment " + info().environment().get(argument));
      case "flag" -> say("flag " + flag(argument));
      case "ratios" ->
          say(
              "ratios %s %s %s"
                  .formatted(argument, flag("MinHeapFreeRatio"), flag("MaxHeapFreeRatio")));
      case "garbage" -> say("garbage " + garbage(Integer.parseInt(argument)));
      case "threads" -> say("started " + idle(Integer.parseInt(argument)));
      case "lock" -> {
        FileChannel file = FileChannel.open(Path.of(argument), StandardOpenOption.READ);
        file.lock(0, Long.MAX_VALUE, true);
        kept.add(file);
        say("locked");
      }
      case "unlock" -> {
        ((FileChannel) kept.remove(0)).close();
        say("unlocked");
      }
      case "loopback" -> say("loopback " + loopback(Integer.parseInt(argument)));
      case "spawn" -> say("spawned " + new ProcessBuilder("sh", "-c", argument).start().waitFor());
      case "call" -> say("called " + call(argument.split(" ", 3)));
      case "settle" -> {
        Deadline.after(LIMIT).await(() -> !CheckpointCoordinator.global().isUnderWay());
        say("settled " + CheckpointCoordinator.global().isUnderWay());
      }
      case "attribute" -> say("attribute " + attribute(argument));
      case "descriptors" -> say("descriptors " + descriptors());
      case "exit" -> System.exit(Integer.parseInt(argument));
      case "halt" -> Runtime.getRuntime().halt(Integer.parseInt(argument));
      default -> say("unknown " + command);
    }
  }

  private String state() {
    return "counter=%d own=%d data=%08x calls=%s"
        .formatted(counter, ownNumber.get(), Arrays.hashCode(data), calls);
  }

  private void checkpoint(CheckpointOptions options) {
    try {
      CheckpointReport report = CheckpointCoordinator.global().checkpoint(options);
      if (report.outcome() == CheckpointReport.Outcome.IMAGED) {
        say(
            "imaged instance=%s info=%s image=%s bytes=%d"
                .formatted(
                    report.instanceId(),
                    RestoreInfo.latest(),
                    report.image().folder(),
                    report.image().bytes()));
        return;
      }
      say(
          "restored instance=%s arguments=%s image=%s bytes=%d"
              .formatted(
                  report.instanceId(),
                  info().arguments(),
                  report.image().folder(),
                  report.image().bytes()));
    } catch (Exception e) {
      say(
          "refused "
              + Stream.of(e.getSuppressed())
                  .map(Throwable::getMessage)
                  .toList()
                  .toString()
                  .replace('\n', ' '));
    }
  }

  private static RestoreInfo info() {
    return RestoreInfo.latest().orElseThrow();
  }

  /** Two turns of a task at a fixed rate, as the thread that makes them sees itself. */
  private String tick() throws InterruptedException {
    CountDownLatch turns = new CountDownLatch(2);
    var task = clock.scheduleAtFixedRate(turns::countDown, 1, 1, TimeUnit.MILLISECONDS);
    boolean both = turns.await(10, TimeUnit.SECONDS);
    task.cancel(false);
    return String.valueOf(both);
  }

  private static String flag(String name) {
    return name
        + "="
        + ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
            .getVMOption(name)
            .getValue();
  }

  private static Object attribute(String name) throws JMException {
    return ManagementFactory.getPlatformMBeanServer()
        .getAttribute(new ObjectName("dev.cracadapters:type=Checkpoint"), name);
  }

  private static int garbage(int megabytes) {
    List<byte[]> garbage = new ArrayList<>();
    for (int i = 0; i < megabytes * 4; i++) {
      byte[] piece = new byte[1 << 18];
      Arrays.fill(piece, (byte) (i + 1)); // pages of zeros alone would not be dumped
      garbage.add(piece);
    }
    return garbage.size() / 4;
  }

  /** What a static method with a text says, on a class that may not have been loaded yet. */
  private static Object call(String[] words) {
    try {
      return Class.forName(words[0])
          .getMethod(words[1], String.class)
          .invoke(null, words.length > 2 ? words[2] : "");
    } catch (ReflectiveOperationException | LinkageError e) {
      return e + " by " + e.getCause();
    }
  }

  private static int idle(int threads) {
    for (int i = 0; i < threads; i++) {
      daemon("idle", CommandedService::idle).start();
    }
    return threads;
  }

  private static void idle() {
    while (true) {
      LockSupport.park();
    }
  }

  private static String loopback(int port) throws IOException {
    try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
        Socket accepted = server.accept()) {
      client.getOutputStream().write(42);
      return String.valueOf(accepted.getInputStream().read());
    }
  }

  private static List<String> descriptors() throws IOException {
    List<String> targets = new ArrayList<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      for (Path one : open.toList()) {
        if (Files.isSymbolicLink(one)) {
          targets.add(one.getFileName() + "=" + Files.readSymbolicLink(one));
        }
      }
    }
    return targets;
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** Notes when it is called. */
  private final class Noted implements PhasedResource {

    private final String name;
    private final int phase;

    Noted(String name, int phase) {
      this.name = name;
      this.phase = phase;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public int phase() {
      return phase;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      calls.add("-" + name);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      calls.add("+" + name);
    }
  }
}
