/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Deadline;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** A service that waits in every way there is while its checkpoint is taken, and measures. */
public final class TimedService {

  /** Shorter than what lies between the dump and the restore. */
  static final Duration WAIT = Duration.ofSeconds(3);

  private static final Duration LIMIT = Duration.ofSeconds(2);

  static final int PERIOD_MILLIS = 50;
  private static final int TCP_MILLIS = 300;

  private final ScheduledExecutorService scheduler =
      Executors.newScheduledThreadPool(3, task -> daemon("scheduler", task));
  private final List<Thread> measured = new ArrayList<>();
  private final AtomicInteger fixedRate = new AtomicInteger();
  private final AtomicInteger fixedDelay = new AtomicInteger();
  private final AtomicInteger timerDelay = new AtomicInteger();
  private final AtomicInteger timerRate = new AtomicInteger();
  private volatile long steps;
  private volatile long backwards;
  private volatile long longestStep;
  private volatile long restoredAt;
  private volatile int rateAtRestore;
  private volatile int delayAtRestore;
  private volatile int timerAtRestore;
  private volatile int timerRateBefore;

  private interface Waiting {
    void run() throws Exception;
  }

  /**
   * Does what its standard input says.
   *
   * @param arguments none
   * @throws Exception if a command fails
   */
  public static void main(String[] arguments) throws Exception {
    TimedService service = new TimedService();
    service.startTicking();
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      service.run(line);
    }
  }

  private void run(String command) throws Exception {
    switch (command) {
      case "wait" -> startWaiting();
      case "checkpoint" -> daemon("checkpoint", this::checkpoint).start();
      case "report" -> say(report());
      case "wall" -> say("wall " + System.currentTimeMillis());
      case "tcp" -> {
        say("read " + readTimesOut());
        say("accept " + acceptTimesOut());
        say("connect " + connectTimesOut());
      }
      case "exit" -> System.exit(0);
      default -> say("unknown " + command);
    }
  }

  private void startTicking() {
    scheduler.scheduleAtFixedRate(
        fixedRate::incrementAndGet, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    scheduler.scheduleWithFixedDelay(
        fixedDelay::incrementAndGet, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    new Timer("timer", true).schedule(counting(timerDelay), 0, PERIOD_MILLIS);
    new Timer("rate", true).scheduleAtFixedRate(counting(timerRate), 0, PERIOD_MILLIS);
    daemon("nanoTime", this::watchTheClock).start();
  }

  private static TimerTask counting(AtomicInteger counter) {
    return new TimerTask() {
      @Override
      public void run() {
        counter.incrementAndGet();
      }
    };
  }

  private void watchTheClock() {
    long last = System.nanoTime();
    while (true) {
      long now = System.nanoTime();
      if (now < last) {
        backwards++;
      }
      longestStep = Math.max(longestStep, now - last);
      steps++;
      last = now;
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void startWaiting() throws InterruptedException {
    long millis = WAIT.toMillis();
    measure("sleep", () -> Thread.sleep(millis));
    measure("parkNanos", () -> parkUntilOver(WAIT.toNanos()));
    measure(
        "wait",
        () -> {
          Object monitor = new Object();
          synchronized (monitor) {
            monitor.wait(millis);
          }
        });
    measure("poll", () -> new ArrayBlockingQueue<>(1).poll(millis, TimeUnit.MILLISECONDS));
    measure(
        "await",
        () -> {
          ReentrantLock lock = new ReentrantLock();
          lock.lock();
          lock.newCondition().await(millis, TimeUnit.MILLISECONDS);
        });
    measure("join", () -> endless().join(millis));
    long begin = System.nanoTime();
    scheduler.schedule(() -> took("schedule", begin), millis, TimeUnit.MILLISECONDS);
    new Timer("once", true)
        .schedule(
            new TimerTask() {
              @Override
              public void run() {
                took("timer", begin);
              }
            },
            millis);
    boolean all =
        Deadline.after(LIMIT)
            .await(
                () ->
                    measured.stream()
                        .allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
    say(all ? "waiting" : "busy");
  }

  private static Thread endless() {
    Thread thread =
        daemon(
            "endless",
            () -> {
              while (true) {
                LockSupport.park();
              }
            });
    thread.start();
    return thread;
  }

  private static void parkUntilOver(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private void measure(String name, Waiting waiting) {
    Thread thread =
        daemon(
            name,
            () -> {
              long begin = System.nanoTime();
              try {
                waiting.run();
              } catch (Exception e) {
                say(name + " failed " + e);
              }
              took(name, begin);
            });
    measured.add(thread);
    thread.start();
  }

  private static void took(String name, long begin) {
    say(name + " took " + Duration.ofNanos(System.nanoTime() - begin).toMillis());
  }

  private void checkpoint() {
    longestStep = 0;
    timerRateBefore = timerRate.get();
    try {
      CheckpointCoordinator.global().checkpoint();
      restoredAt = System.nanoTime();
      rateAtRestore = fixedRate.get();
      delayAtRestore = fixedDelay.get();
      timerAtRestore = timerDelay.get();
      say("restored " + System.currentTimeMillis());
    } catch (Exception e) {
      say("refused " + List.of(e.getSuppressed()));
    }
  }

  private String report() {
    long since = Duration.ofNanos(System.nanoTime() - restoredAt).toMillis();
    return "report since=%d rate=%d delay=%d timer=%d wall=%d steps=%d backwards=%d longest=%d"
        .formatted(
            since,
            fixedRate.get() - rateAtRestore,
            fixedDelay.get() - delayAtRestore,
            timerDelay.get() - timerAtRestore,
            timerRate.get() - timerRateBefore,
            steps,
            backwards,
            Duration.ofNanos(longestStep).toMillis());
  }

  private static String readTimesOut() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
      client.setSoTimeout(TCP_MILLIS);
      return timesOut(() -> client.getInputStream().read());
    }
  }

  private static String acceptTimesOut() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(TCP_MILLIS);
      return timesOut(server::accept);
    }
  }

  private static String connectTimesOut() throws IOException {
    // Nobody accepts: once the queue is full, the kernel does not answer.
    List<Socket> queued = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return timesOut(
          () -> {
            for (int i = 0; i < 10; i++) {
              Socket socket = new Socket();
              queued.add(socket);
              socket.connect(
                  new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                  TCP_MILLIS);
            }
          });
    } finally {
      for (Socket socket : queued) {
        socket.close();
      }
    }
  }

  private static String timesOut(Waiting waiting) {
    long begin = System.nanoTime();
    try {
      waiting.run();
      return "did not time out";
    } catch (SocketTimeoutException e) {
      return "took " + Duration.ofNanos(System.nanoTime() - begin).toMillis();
    } catch (Exception e) {
      return "failed " + e;
    }
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
}
