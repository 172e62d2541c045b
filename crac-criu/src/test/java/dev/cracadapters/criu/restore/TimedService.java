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
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** A service that waits in every way there is while its checkpoint is taken, and measures. */
public final class TimedService {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final Duration GO_ON_LIMIT = Duration.ofSeconds(30);

  /** Runs of a task after the restore that show that it goes on. */
  private static final int ENOUGH = 5;

  static final int PERIOD_MILLIS = 50;
  static final int TCP_MILLIS = 300;
  private static final long STEP_NANOS = 1_000_000;

  private final ScheduledExecutorService scheduler =
      Executors.newScheduledThreadPool(3, task -> daemon("scheduler", task));
  private final List<Thread> measured = new ArrayList<>();
  private final AtomicInteger fixedRate = new AtomicInteger();
  private final AtomicInteger fixedDelay = new AtomicInteger();
  private final AtomicInteger timerDelay = new AtomicInteger();
  private final AtomicInteger timerRate = new AtomicInteger();
  // Kept: the collection of a timer wakes its thread, which then looks at the calendar.
  private final Timer once = new Timer("once", true);

  private volatile long backwards;
  private volatile long tickingSince;
  private volatile long clockMillis;
  private volatile long calendarMillis;
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
    String[] words = command.split(" ");
    switch (words[0]) {
      case "wait" -> startWaiting(Long.parseLong(words[1]));
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
    tickingSince = System.nanoTime();
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
      last = now;
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  private void startWaiting(long millis) throws InterruptedException {
    measure("control", () -> lookAtTheClock(millis));
    measured.clear(); // it is never in the state of a thread that waits
    measure("sleep", () -> Thread.sleep(millis));
    measure("parkNanos", () -> parkUntilOver(TimeUnit.MILLISECONDS.toNanos(millis)));
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
    once.schedule(
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

  /**
   * Waits by short steps only. It takes as much longer than it should as this process is kept from
   * running, by the dump or by a busy machine.
   */
  private static void lookAtTheClock(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(STEP_NANOS);
    }
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
    timerRateBefore = timerRate.get();
    long clock = System.nanoTime();
    long calendar = System.currentTimeMillis();
    try {
      CheckpointCoordinator.global().checkpoint();
      clockMillis = Duration.ofNanos(System.nanoTime() - clock).toMillis();
      calendarMillis = System.currentTimeMillis() - calendar;
      rateAtRestore = fixedRate.get();
      delayAtRestore = fixedDelay.get();
      timerAtRestore = timerDelay.get();
      say("restored " + System.currentTimeMillis());
    } catch (Exception e) {
      say("refused " + List.of(e.getSuppressed()));
    }
  }

  /**
   * How often each task ran since the restore and in all, and what the clocks say of the time
   * between.
   */
  private String report() throws InterruptedException {
    boolean all = Deadline.after(GO_ON_LIMIT).await(this::goOn);
    int rate = fixedRate.get();
    int delay = fixedDelay.get();
    int timer = timerDelay.get();
    long ticking = Duration.ofNanos(System.nanoTime() - tickingSince).toMillis();
    return ((all ? "report" : "report some stand still")
            + " rate=%d/%d delay=%d/%d timer=%d/%d ticking=%d"
            + " calendarRate=%d backwards=%d clock=%d calendar=%d")
        .formatted(
            rate - rateAtRestore,
            rate,
            delay - delayAtRestore,
            delay,
            timer - timerAtRestore,
            timer,
            ticking,
            timerRate.get() - timerRateBefore,
            backwards,
            clockMillis,
            calendarMillis);
  }

  /** A {@link Timer} at a fixed rate goes by the calendar, and makes up for the time between. */
  private boolean goOn() {
    return fixedRate.get() >= rateAtRestore + ENOUGH
        && fixedDelay.get() >= delayAtRestore + ENOUGH
        && timerDelay.get() >= timerAtRestore + ENOUGH
        && timerRate.get() >= timerRateBefore + calendarMillis / PERIOD_MILLIS;
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

  /** How long a call took until it timed out, and how long the time-out took by the clock alone. */
  private static String timesOut(Waiting waiting) {
    FutureTask<Long> control = new FutureTask<>(() -> millisOf(() -> lookAtTheClock(TCP_MILLIS)));
    daemon("control", control).start();
    try {
      long took =
          millisOf(
              () -> {
                try {
                  waiting.run();
                  throw new IllegalStateException("did not time out");
                } catch (SocketTimeoutException e) {
                  return;
                }
              });
      return "took " + took + " control " + control.get();
    } catch (Exception e) {
      return "failed " + e;
    }
  }

  private static long millisOf(Waiting waiting) throws Exception {
    long begin = System.nanoTime();
    waiting.run();
    return Duration.ofNanos(System.nanoTime() - begin).toMillis();
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
