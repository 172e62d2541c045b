/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the lines of one connection, in the order in which they came. */
class LineCommands extends SimpleChannelInboundHandler<String> {

  private static final Logger LOG = LoggerFactory.getLogger(LineCommands.class);

  private final OrderStore orders;
  private final Executor executor;
  private CompletableFuture<Void> answered = CompletableFuture.completedFuture(null);

  LineCommands(OrderStore orders, Executor executor) {
    this.orders = orders;
    this.executor = executor;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, String line) {
    answered =
        answered.thenRunAsync(() -> context.writeAndFlush(answer(line.strip()) + "\n"), executor);
  }

  private String answer(String command) {
    if (!command.equals("COUNT")) {
      return "ERROR unknown command";
    }
    try {
      return Long.toString(orders.count());
    } catch (RuntimeException e) {
      LOG.warn("no answer to {}", command, e);
      return "ERROR not available";
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      context.writeAndFlush("ERROR line too long\n").addListener(ChannelFutureListener.CLOSE);
      return;
    }
    // A client that goes away without a word is no news.
    if (!(cause instanceof IOException)) {
      LOG.warn("connection {} failed", context.channel(), cause);
    }
    context.close();
  }
}
