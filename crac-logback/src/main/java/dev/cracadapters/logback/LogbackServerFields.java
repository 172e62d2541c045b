/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.core.AppenderBase;
import java.io.Serializable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * Logback's server socket appenders, which it has had up to 1.5.29. This module is compiled without
 * them, so all of them is called by name.
 *
 * <p>Why parts are needed that are not public: {@code stop()} throws away what clients have not
 * been sent, leaves a thread for each of them asleep for ever, and an appender that is stopped
 * takes no events.
 */
final class LogbackServerFields {

  private static final String HOME = "ch.qos.logback.core.net.server.";
  private static final String CLIENT = HOME + "RemoteReceiverStreamClient";

  private final Class<?> server;
  private final Class<?> visitor;
  private final Field runner;
  private final Field started = LogbackFields.field(AppenderBase.class, "started", boolean.class);
  private final Field queue;
  private final Method port;
  private final Method address;
  private final Method postProcess;
  private final Method isRunning;
  private final Method stop;
  private final Method accept;
  private final Method offer;
  private final Method close;

  private LogbackServerFields(Class<?> server) throws ClassNotFoundException {
    this.server = server;
    visitor = type("ClientVisitor");
    Class<?> runnerType = type("ServerRunner");
    runner = LogbackFields.field(server, "runner", runnerType);
    queue = LogbackFields.field(type("RemoteReceiverStreamClient"), "queue", BlockingQueue.class);
    port = LogbackNetFields.method(server, "getPort");
    address = LogbackNetFields.method(server, "getAddress");
    postProcess = LogbackNetFields.method(server, "postProcessEvent", Object.class);
    isRunning = LogbackNetFields.method(runnerType, "isRunning");
    stop = LogbackNetFields.method(runnerType, "stop");
    accept = LogbackNetFields.method(runnerType, "accept", visitor);
    offer = LogbackNetFields.method(type("RemoteReceiverClient"), "offer", Serializable.class);
    close = LogbackNetFields.method(type("Client"), "close");
  }

  /**
   * Looks for all parts.
   *
   * @return null where Logback has no such appenders
   * @throws IllegalStateException if this Logback has them without a part that is needed
   */
  static @Nullable LogbackServerFields find() {
    Class<?> server;
    try {
      server = type("AbstractServerSocketAppender");
    } catch (ClassNotFoundException e) {
      return null;
    }
    try {
      return new LogbackServerFields(server);
    } catch (ClassNotFoundException e) {
      throw LogbackFields.unusable(server, String.valueOf(e.getMessage()), "is not there", e);
    }
  }

  private static Class<?> type(String name) throws ClassNotFoundException {
    return Class.forName(HOME + name, false, AppenderBase.class.getClassLoader());
  }

  boolean isServer(AppenderBase<?> appender) {
    return server.isInstance(appender);
  }

  int port(AppenderBase<?> appender) {
    return (int) LogbackNetFields.invoke(port, appender);
  }

  /** The address that it listens at, null for all. */
  @Nullable String address(AppenderBase<?> appender) {
    return (String) LogbackNetFields.invoke(address, appender);
  }

  /** Has the appender add to an event what its configuration asks for. */
  void postProcess(AppenderBase<?> appender, Object event) {
    LogbackNetFields.invoke(postProcess, appender, event);
  }

  /** Makes an appender take events that could not be started; the caller holds its monitor. */
  void setStarted(AppenderBase<?> appender) {
    LogbackFields.set(started, appender, true);
  }

  /** What listens, another one after each start; null before the first. */
  @Nullable Object runner(AppenderBase<?> appender) {
    return LogbackFields.get(runner, appender);
  }

  /** Closes the listening socket and those of all clients. */
  void stop(Object of) {
    LogbackNetFields.invoke(stop, of);
  }

  /** The clients whose events a thread sends. */
  List<Object> clients(Object of) {
    List<Object> found = new ArrayList<>();
    InvocationHandler visit =
        (proxy, method, arguments) -> {
          if (method.getDeclaringClass() == visitor) {
            found.add(arguments[0]);
          }
          return null;
        };
    LogbackNetFields.invoke(
        accept,
        of,
        Proxy.newProxyInstance(visitor.getClassLoader(), new Class<?>[] {visitor}, visit));
    return found;
  }

  /** What a client is still to be sent; null for one of an unknown kind. */
  @Nullable BlockingQueue<?> queue(Object client) {
    return client.getClass().getName().equals(CLIENT)
        ? (BlockingQueue<?>) LogbackFields.get(queue, client)
        : null;
  }

  /** Tells whether any thread is sending an event to a client. */
  boolean isSending() {
    return BusyThreads.any(
        stack ->
            BusyThreads.calls(stack, CLIENT, "run")
                && !BusyThreads.calls(stack, CLIENT, "createObjectOutputStream")
                && !waits(stack));
  }

  private static boolean waits(StackTraceElement[] stack) {
    return stack[0].getMethodName().equals("park")
        && BusyThreads.calls(stack, "java.util.concurrent.ArrayBlockingQueue", "take");
  }

  /**
   * Closes the sockets of clients that were accepted at the last moment, and ends the threads of
   * all, which Logback leaves to wait for an event: this one meets a socket that is closed.
   *
   * @return whether there are none
   */
  boolean end(AppenderBase<?> appender, Object of) {
    if ((boolean) LogbackNetFields.invoke(isRunning, of) || areAccepted(appender)) {
      // The order counts: whom it accepts until then is among the clients asked for below.
      clients(of).forEach(this::end);
      return false;
    }
    List<Object> left = clients(of);
    left.forEach(this::end);
    return left.isEmpty();
  }

  private void end(Object client) {
    LogbackNetFields.invoke(close, client);
    BlockingQueue<?> unsent = queue(client);
    if (unsent == null || unsent.isEmpty()) {
      LogbackNetFields.invoke(offer, client, "closed for a checkpoint");
    }
  }

  /** Clients that wait until one of the context's threads is free for them. */
  private static boolean areAccepted(AppenderBase<?> appender) {
    return appender.getContext().getExecutorService() instanceof ThreadPoolExecutor pool
        && pool.getQueue().stream()
            .anyMatch(
                task -> task.getClass().getName().startsWith(HOME + "ConcurrentServerRunner"));
  }

  /** How many more events every client can take. */
  int room(Object of) {
    return clients(of).stream()
        .map(this::queue)
        .filter(Objects::nonNull)
        .mapToInt(BlockingQueue::remainingCapacity)
        .min()
        .orElse(Integer.MAX_VALUE);
  }
}
