/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty.drain;

import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.Unfinished;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings one connection to its end: a handler that is added next to the socket when a checkpoint
 * begins, sees every byte from there, and closes the connection once what was read is answered.
 *
 * <ol>
 *   <li>Reading goes on. A connection that was quiet for the quiet period is closed.
 *   <li>One that was not within the first quiet period is read until its next answer has left; then
 *       reading stops. What is read is answered, what is not read was not processed.
 *   <li>At half the drain time-out reading stops in any case, and no more quiet is asked for.
 *   <li>It ends with a FIN. What still arrives is read and dropped for one quiet period, because a
 *       close over unread bytes sends a RST, which can destroy the last answer on its way.
 * </ol>
 *
 * All fields that are not volatile belong to the connection's event loop.
 */
final class ChannelDrain extends ChannelDuplexHandler {

  private static final long SHORTEST_CHECK_NANOS = 1_000_000;
  private static final long LONGEST_CHECK_NANOS = 25_000_000;

  private final Channel channel;
  private final long quietNanos;
  private final long patienceNanos;

  private volatile long started = System.nanoTime();
  private long lastRead;
  private long lastWrite;
  private long executorsAsked;
  private boolean askingExecutors;
  private boolean stopAtAnswer;
  private boolean readingStopped;
  private boolean autoRead;
  private boolean readHeldBack;
  private boolean closing;
  private boolean discarding;
  private @Nullable ChannelPromise lastClose;
  private @Nullable Future<?> nextStep;
  private volatile String waitingFor = "has not begun to finish";

  ChannelDrain(Channel channel, Duration drainTimeout, Duration quietPeriod) {
    this.channel = channel;
    this.quietNanos = quietPeriod.toNanos();
    this.patienceNanos = drainTimeout.toNanos() / 2;
  }

  void start() {
    channel
        .eventLoop()
        .execute(
            () -> {
              if (channel.isOpen()) {
                channel.pipeline().addFirst(this);
              }
            });
  }

  Channel channel() {
    return channel;
  }

  /** The client, and what keeps the connection open. */
  Unfinished unfinished() {
    String client =
        channel.remoteAddress() instanceof InetSocketAddress address
            ? Rebind.describe(address)
            : String.valueOf(channel.remoteAddress());
    // Since the drain began: nothing is noted about a connection while no checkpoint runs.
    return new Unfinished(
        "from %s, which %s,".formatted(client, waitingFor),
        null,
        Duration.ofNanos(System.nanoTime() - started));
  }

  /** Gives the connection back to the application after a checkpoint that was given up. */
  void resume() {
    if (!channel.isOpen()) {
      return;
    }
    channel
        .eventLoop()
        .execute(
            () -> {
              if (!channel.isOpen() || channel.pipeline().context(this) == null) {
                return;
              }
              boolean wasClosing = closing;
              closing = false;
              cancelNextStep();
              channel.pipeline().remove(this);
              if (wasClosing) {
                channel.close();
              } else if (readingStopped && autoRead) {
                channel.config().setAutoRead(true);
              } else if (readHeldBack) {
                channel.read();
              }
            });
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    started = System.nanoTime();
    lastRead = started;
    lastWrite = started;
    executorsAsked = started - 1;
    check();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (discarding) {
      ReferenceCountUtil.release(message);
      return;
    }
    lastRead = System.nanoTime();
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    lastWrite = System.nanoTime();
    ctx.write(message, promise);
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    ctx.flush();
    stopReadingAfterAnswer();
  }

  @Override
  public void read(ChannelHandlerContext ctx) {
    // Not autoRead alone: a handler may ask for each message itself.
    if (readingStopped && !discarding) {
      readHeldBack = true;
    } else {
      ctx.read();
    }
  }

  private void check() {
    nextStep = null;
    if (closing || !channel.isOpen()) {
      return;
    }
    long now = System.nanoTime();
    if (pendingBytes() > 0) {
      channel.flush(); // also what was written and never flushed
    }
    boolean outOfPatience = now - started >= patienceNanos;
    if (outOfPatience) {
      stopReading();
    } else if (now - started >= quietNanos) {
      stopAtAnswer = true;
      stopReadingAfterAnswer();
    }
    long quiet = now - Math.max(lastRead, lastWrite);
    long pending = pendingBytes();
    if (pending > 0) {
      waitingFor = "has %d bytes to send that its client does not take".formatted(pending);
    } else if (quiet < quietNanos && !outOfPatience) {
      waitingFor = "is not quiet";
    } else if (awaitExecutors(now)) {
      waitingFor = "has a handler that is still working on its own executor";
      return; // the answer calls here again
    } else {
      waitingFor = "is closing";
      closing = true;
      stopReading();
      channel.close();
      return;
    }
    long next = Math.min(LONGEST_CHECK_NANOS, quietNanos - quiet);
    nextStep = after(Math.max(SHORTEST_CHECK_NANOS, next), this::check);
  }

  private void stopReadingAfterAnswer() {
    if (stopAtAnswer && lastWrite - lastRead > 0 && pendingBytes() == 0) {
      stopReading();
    }
  }

  private void stopReading() {
    if (!readingStopped) {
      autoRead = channel.config().isAutoRead();
      readingStopped = true;
      channel.config().setAutoRead(false);
    }
  }

  /**
   * Has every executor of the pipeline that is not the event loop run what was queued for it since
   * the last read: there and back, because a message passes them in one order and its answer in the
   * other.
   *
   * @return false when that is done
   */
  private boolean awaitExecutors(long now) {
    if (askingExecutors || executorsAsked - lastRead > 0) {
      return askingExecutors;
    }
    List<EventExecutor> path = new ArrayList<>();
    for (String name : channel.pipeline().names()) {
      ChannelHandlerContext context = channel.pipeline().context(name);
      if (context != null && !context.executor().inEventLoop()) {
        path.add(context.executor());
      }
    }
    if (path.isEmpty()) {
      return false;
    }
    List<EventExecutor> back = new ArrayList<>(path);
    Collections.reverse(back);
    path.addAll(back);
    askingExecutors = true;
    ask(path, 0, now);
    return true;
  }

  private void ask(List<EventExecutor> path, int index, long asked) {
    if (index == path.size()) {
      askingExecutors = false;
      executorsAsked = asked;
      check();
      return;
    }
    Runnable next = () -> channel.eventLoop().execute(() -> ask(path, index + 1, asked));
    try {
      path.get(index).execute(next);
    } catch (RejectedExecutionException e) {
      next.run(); // it is shut down, and nothing is queued there
    }
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (!closing || lastClose != null || !(channel instanceof DuplexChannel duplex)) {
      ctx.close(promise);
      return;
    }
    if (pendingBytes() > 0) {
      // A farewell (TLS close_notify, HTTP/2 GOAWAY) that a handler wrote when it saw the close.
      nextStep = after(SHORTEST_CHECK_NANOS, () -> close(ctx, promise));
      return;
    }
    lastClose = promise;
    discarding = true;
    duplex.shutdownOutput();
    channel.config().setAutoRead(true);
    ctx.read();
    nextStep = after(quietNanos, () -> ctx.close(promise));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    ctx.fireUserEventTriggered(event);
    if (lastClose != null && event instanceof ChannelInputShutdownEvent) {
      // With ALLOW_HALF_CLOSURE the channel does not close at its client's FIN.
      ctx.close(lastClose);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    cancelNextStep();
    if (lastClose != null) {
      lastClose.trySuccess();
    }
    ctx.fireChannelInactive();
  }

  private long pendingBytes() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  private Future<?> after(long nanos, Runnable step) {
    return channel.eventLoop().schedule(step, nanos, TimeUnit.NANOSECONDS);
  }

  private void cancelNextStep() {
    if (nextStep != null) {
      nextStep.cancel(false);
    }
  }
}
