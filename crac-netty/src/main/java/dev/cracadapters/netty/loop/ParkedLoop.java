/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.Failures;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.crac.RestoreException;

/**
 * A native epoll loop without its epoll, eventfd and timerfd descriptors. Netty's {@code
 * closeFileDescriptors} (pull request 13430) asks that nobody uses them meanwhile. So the loop's
 * own thread closes them and waits, in the same task, until it opens them again. Tasks that are
 * submitted while it waits run afterwards.
 *
 * <p>Two servers may share a loop: the one whose channels leave it last parks it, and the first to
 * be restored lets it go on. That is why the parked loops are known to all resources.
 */
public final class ParkedLoop implements Runnable {

  /**
   * How long before it is due the parking task is scheduled. It is not submitted directly because
   * the loop remembers a time: it does not arm its timer again while the earliest scheduled task is
   * the one that the timer was last armed for. A timer that was just replaced would then never
   * fire, and a task of the user would sleep until something else wakes the loop. A wait for a task
   * of this class makes the loop forget that time.
   */
  private static final long REARM_MILLIS = 20;

  private static final Map<EventExecutor, ParkedLoop> PARKED = new ConcurrentHashMap<>();

  private final Loop loop;
  private final AtomicBoolean decided = new AtomicBoolean();
  private final CompletableFuture<List<Channel>> parked = new CompletableFuture<>();
  private final BlockingQueue<CompletableFuture<Void>> requests = new LinkedBlockingQueue<>();

  private ParkedLoop(Loop loop) {
    this.loop = loop;
  }

  static boolean isParked(EventExecutor loop) {
    return PARKED.containsKey(loop);
  }

  /**
   * Parks the epoll loops among {@code loops}. One that still has another server's channels is left
   * for that server's resource.
   *
   * @throws RefusedException if a loop does not get there in time, or has a channel that no server
   *     accounts for
   */
  public static void park(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    List<ParkedLoop> parking = new ArrayList<>();
    for (Loop loop : loops) {
      if (loop.isEpoll() && !loop.eventLoop().isShuttingDown() && !isParked(loop.eventLoop())) {
        if (!NettyMembers.has(loop.io(), "closeFileDescriptors")) {
          throw new RefusedException(
              resource,
              "this Netty cannot close the descriptors of an epoll loop",
              "Update Netty to 4.1.95 or newer, or use NIO");
        }
        ParkedLoop one = new ParkedLoop(loop);
        parking.add(one);
        EventLoop own = loop.eventLoop();
        own.execute(() -> own.schedule(one, REARM_MILLIS, TimeUnit.MILLISECONDS));
      }
    }
    try {
      for (ParkedLoop one : parking) {
        one.await(resource, deadline);
      }
    } finally {
      parking.forEach(one -> one.decided.set(true));
    }
  }

  /**
   * Opens the descriptors again and lets the loop go on. A loop that is not parked is left alone.
   *
   * @throws RestoreException if the descriptors cannot be opened; the loop stays parked
   */
  public static void release(EventExecutor loop, String resource, Deadline deadline)
      throws RestoreException, InterruptedException {
    ParkedLoop one = PARKED.get(loop);
    if (one == null) {
      return;
    }
    CompletableFuture<Void> opened = new CompletableFuture<>();
    one.requests.add(opened);
    try {
      opened.get(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      if (PARKED.get(loop) == one) { // else another request was the first, and nobody reads ours
        if (e.getCause() instanceof RuntimeException || e.getCause() instanceof Error) {
          throw new IllegalStateException(resource + ": an event loop stays parked", e.getCause());
        }
        throw Failures.ofRestore(
            resource
                + ": the epoll descriptors of an event loop cannot be opened again. Raise the"
                + " limit of open files (ulimit -n)",
            e instanceof ExecutionException ? e.getCause() : e);
      }
    }
  }

  private void await(String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    List<Channel> left;
    try {
      left = parked.get(Loop.patienceNanos(deadline), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw loop.blocked(resource);
    } catch (ExecutionException e) {
      throw new RefusedException(
          resource,
          "the descriptors of an epoll loop cannot be closed: " + e.getCause(),
          "The cause below says more",
          e.getCause());
    }
    for (Channel channel : left) {
      if (!(channel instanceof ServerChannel) && !(channel.parent() instanceof ServerChannel)) {
        throw new RefusedException(
            resource,
            "its event loops also serve %s, which is not a connection to a server"
                .formatted(channel),
            "Close it before the checkpoint, or give clients an event loop group of their own");
      }
    }
  }

  @Override
  public void run() {
    try {
      List<Channel> left = loop.registered();
      if (!left.isEmpty() || !decided.compareAndSet(false, true)) {
        parked.complete(left);
        return;
      }
      NettyMembers.call(loop.io(), "closeFileDescriptors");
    } catch (RefusedException | RuntimeException | Error e) {
      parked.completeExceptionally(e);
      return;
    }
    PARKED.put(loop.eventLoop(), this);
    parked.complete(List.of());
    boolean open = false;
    while (!open) {
      open = reopen(nextRequest());
    }
    // A wait for this one arms the new timer, also where the one before parking did not come to be.
    loop.eventLoop().schedule(() -> {}, REARM_MILLIS, TimeUnit.MILLISECONDS);
  }

  private boolean reopen(CompletableFuture<Void> request) {
    try {
      NettyMembers.call(loop.io(), "openFileDescriptors");
    } catch (RefusedException | RuntimeException | Error e) { // it must not go on without them
      request.completeExceptionally(e);
      return false;
    }
    PARKED.remove(loop.eventLoop());
    request.complete(null);
    return true;
  }

  /** Not ended by an interrupt: the loop cannot go on without its descriptors. */
  private CompletableFuture<Void> nextRequest() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return requests.take();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
