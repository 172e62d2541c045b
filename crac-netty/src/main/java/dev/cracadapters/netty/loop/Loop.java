/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.loop;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.ThreadStacks;
import dev.cracadapters.core.support.Unfinished;
import io.netty.channel.Channel;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One event loop of a server, and what a checkpoint asks of it. */
public final class Loop {

  private enum Transport {
    NIO,
    EPOLL,
    NO_SOCKETS
  }

  /** The remedy where time is short. */
  public static final String RAISE_TIMEOUT = "Raise spring.crac.netty.drain-timeout";

  private static final long SHORTEST_PATIENCE_NANOS = 500_000_000;

  private static final int MAX_FRAMES = 8;

  private final EventLoop loop;
  private final Object io;
  private final Transport transport;

  private Loop(EventLoop loop) throws RefusedException {
    this.loop = loop;
    // In 4.2 the sockets are with the loop's IoHandler, in 4.1 with the loop itself.
    Object handler =
        NettyMembers.has(loop, "ioHandler") ? NettyMembers.call(loop, "ioHandler") : null;
    this.io = handler == null ? loop : handler;
    this.transport = transport(loop, io);
  }

  /**
   * The loops of both groups that still run, each once.
   *
   * @throws RefusedException if their transport cannot be taken through a checkpoint
   */
  public static List<Loop> of(@Nullable EventLoopGroup parents, @Nullable EventLoopGroup children)
      throws RefusedException {
    Set<EventExecutor> executors = new LinkedHashSet<>();
    for (EventLoopGroup group : new EventLoopGroup[] {parents, children}) {
      if (group != null) {
        group.forEach(executors::add);
      }
    }
    List<Loop> loops = new ArrayList<>();
    for (EventExecutor executor : executors) {
      if (executor instanceof EventLoop loop && !loop.isTerminated()) {
        loops.add(new Loop(loop));
      }
    }
    return loops;
  }

  private static Transport transport(EventLoop loop, Object io) throws RefusedException {
    String type = io.getClass().getName();
    if (type.toLowerCase(Locale.ROOT).contains("uring")) {
      throw new RefusedException(
          "netty",
          "the event loops use io_uring (%s), which CRIU cannot dump".formatted(type),
          "Use NIO or epoll");
    }
    if (type.startsWith("io.netty.channel.nio.")) {
      return Transport.NIO;
    }
    if (type.startsWith("io.netty.channel.epoll.")) {
      return Transport.EPOLL;
    }
    if (type.startsWith("io.netty.channel.local.") || loop instanceof DefaultEventLoop) {
      return Transport.NO_SOCKETS;
    }
    throw new RefusedException(
        "netty",
        "the transport of %s is not known to crac-netty".formatted(type),
        "Use NIO or epoll");
  }

  /** The loop itself. */
  public EventLoop eventLoop() {
    return loop;
  }

  /** What holds the loop's descriptors: the loop in 4.1, its handler in 4.2. */
  Object io() {
    return io;
  }

  boolean isEpoll() {
    return transport == Transport.EPOLL;
  }

  /** Waits until every loop has run what was queued before the call; refuses where one has not. */
  public static void awaitQueued(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    collect(loops, loop -> () -> List.of(), resource, deadline);
  }

  /** The channels that are registered with the loops now; refuses where a loop does not answer. */
  public static List<Channel> channels(List<Loop> loops, String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    return collect(loops, loop -> loop::registered, resource, deadline);
  }

  /** Asks all loops at once and then waits, so that the slowest sets the time and not their sum. */
  private static List<Channel> collect(
      List<Loop> loops,
      Function<Loop, Callable<List<Channel>>> question,
      String resource,
      Deadline deadline)
      throws RefusedException, InterruptedException {
    Map<Loop, Future<List<Channel>>> asked = new LinkedHashMap<>();
    for (Loop loop : loops) {
      if (loop.loop.inEventLoop()) {
        throw new RefusedException(
            resource,
            "the checkpoint was asked for on its own event loop "
                + Thread.currentThread().getName(),
            "Ask for it on another thread");
      }
      if (loop.loop.isShuttingDown()) {
        loop.awaitTermination(resource, deadline);
      } else if (!ParkedLoop.isParked(loop.loop)) { // a parked loop answers nothing, has no channel
        asked.put(loop, loop.loop.submit(question.apply(loop)));
      }
    }
    List<Channel> channels = new ArrayList<>();
    for (Map.Entry<Loop, Future<List<Channel>>> entry : asked.entrySet()) {
      Future<List<Channel>> answer = entry.getValue();
      if (!answer.await(patienceNanos(deadline), TimeUnit.NANOSECONDS)) {
        answer.cancel(false);
        throw entry.getKey().blocked(resource);
      }
      if (answer.cause() instanceof RefusedException refusal) {
        throw refusal;
      } else if (answer.cause() != null) {
        throw new RefusedException(
            resource,
            "an event loop failed: " + answer.cause(),
            "The cause below says more",
            answer.cause());
      }
      channels.addAll(answer.getNow());
    }
    return channels;
  }

  /**
   * How long a loop may take to answer: half a second where connections have used up the drain
   * time-out. A loop is blocked when it does not answer, not when it was asked late.
   */
  public static long patienceNanos(Deadline deadline) {
    return Math.max(SHORTEST_PATIENCE_NANOS, deadline.remainingNanos());
  }

  private void awaitTermination(String resource, Deadline deadline)
      throws RefusedException, InterruptedException {
    if (!loop.terminationFuture().await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
      throw new RefusedException(
          resource,
          "its event loop group is still shutting down",
          "Take the checkpoint when it has ended, or raise spring.crac.netty.drain-timeout");
    }
  }

  /** Only called on the loop's own thread, which alone may read its channels. */
  List<Channel> registered() throws RefusedException {
    List<Channel> channels = new ArrayList<>();
    if (transport == Transport.NO_SOCKETS) {
      return channels;
    }
    try {
      Iterator<Channel> iterator = ((SingleThreadEventLoop) loop).registeredChannelsIterator();
      iterator.forEachRemaining(channels::add);
      return channels;
    } catch (UnsupportedOperationException | ClassCastException e) {
      // A 4.2 group that was made from an IoHandlerFactory: only the deprecated groups' loops list
      // their channels.
    }
    if (transport == Transport.NIO) {
      return registeredWithNio();
    }
    ((List<?>) NettyMembers.call(io, "registeredChannelsList"))
        .forEach(channel -> channels.add((Channel) channel));
    return channels;
  }

  private List<Channel> registeredWithNio() throws RefusedException {
    List<Channel> channels = new ArrayList<>();
    for (Object key : (Set<?>) NettyMembers.call(io, "registeredSet")) {
      Object registration = ((SelectionKey) key).attachment();
      if (((SelectionKey) key).isValid() && NettyMembers.has(registration, "handle")) {
        Object handle = NettyMembers.call(registration, "handle");
        if (handle instanceof Channel.Unsafe) {
          channels.add((Channel) NettyMembers.call(handle, "channel"));
        }
      }
    }
    return channels;
  }

  /** Asks the loop, which has had its time, and refuses if it is blocked. */
  public void refuseIfBlocked(String resource) throws RefusedException, InterruptedException {
    if (!loop.submit(() -> {}).await(SHORTEST_PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
      throw blocked(resource);
    }
  }

  /** The refusal for a loop that does not come back, with what its thread is doing. */
  RefusedException blocked(String resource) {
    // Netty's own threadProperties() would wait for a loop that never started.
    for (Map.Entry<Thread, StackTraceElement[]> entry : Thread.getAllStackTraces().entrySet()) {
      if (loop.inEventLoop(entry.getKey())) {
        StackTraceElement[] stack = entry.getValue();
        return new RefusedException(
            resource,
            "event loop %s is blocked%s\n"
                .formatted(
                    Unfinished.describe(entry.getKey()),
                    ThreadStacks.describe(
                        Arrays.copyOf(stack, Math.min(MAX_FRAMES, stack.length)))),
            "Move the blocking call to another executor, or raise spring.crac.netty.drain-timeout");
      }
    }
    return new RefusedException(
        resource,
        "event loop %s does not run its tasks, and no thread of it was found".formatted(loop),
        "Give the event loop group an executor with enough threads");
  }
}
