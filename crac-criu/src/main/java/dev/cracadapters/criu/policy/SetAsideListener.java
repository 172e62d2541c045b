/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.OpenStreams;
import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.LibraryInternals;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.process.TemporaryFolder;
import java.io.File;
import java.io.FileDescriptor;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A listening socket that is closed for a dump while its descriptor stays in use: meanwhile a Unix
 * socket, to which nobody connects, has its number. The stand-in does not block. So a thread in
 * {@code accept} waits for the stand-in, and after the restore for the next socket.
 */
final class SetAsideListener {

  private static final int EPOLL_CTL_ADD = 1;

  /**
   * Waits for the stop: otherwise SIGCONT would cancel it before any thread has seen it. If this
   * shell is killed in between, its child lets the process go on when it sees that.
   */
  private static final String STOP_AND_GO_ON =
      """
      {
        while read -r line < /proc/$$/stat; do
          case ${line##*)} in " "[ZX]*) break ;; esac
        done
        kill -s CONT $PPID
      } &
      kill -s STOP $PPID
      turns=0
      while [ "$turns" -lt 10000 ] && read -r line < /proc/$PPID/stat; do
        case ${line##*)} in " T"*) break ;; esac
        turns=$((turns + 1))
      done
      kill -s CONT $PPID
      """;

  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** As many waiting clients as the system allows: the kernel does not show what was set. */
  private static final int BACKLOG = 65_535;

  private static final LibraryInternals JDK = LibraryInternals.ofJdk("crac-criu");

  private final InternalMethod control =
      JDK.method(JDK.type("sun.nio.ch.EPoll"), "ctl", int.class, int.class, int.class, int.class);
  private final int number;
  private final InetSocketAddress address;
  private final OpenStreams streams;
  private final boolean blocking;

  /** The epoll descriptors that watched it, and for what. */
  private final Map<Integer, Integer> watches;

  private final Map<SocketOption<?>, Object> options;
  private final ServerSocketChannel standIn;
  private final Path path;
  private boolean isBack;

  private SetAsideListener(Descriptor descriptor, InetSocketAddress address, OpenStreams streams)
      throws IOException, ReflectiveOperationException {
    this.number = descriptor.number();
    this.address = address;
    this.streams = streams;
    this.blocking = !Proc.self().info(number).isNonBlocking();
    this.watches = readWatches();
    this.options = readOptions();
    this.path = TemporaryFolder.createFile("crac-listener-", "");
    this.standIn = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
  }

  static SetAsideListener of(Descriptor descriptor, OpenStreams streams)
      throws IOException, ReflectiveOperationException {
    InetSocketAddress address = descriptor.local();
    if (address == null) {
      throw new IOException("its address is unknown");
    }
    SetAsideListener listener = new SetAsideListener(descriptor, address, streams);
    try {
      listener.standIn();
      return listener;
    } catch (Throwable e) {
      listener.standIn.close();
      throw e;
    }
  }

  private void standIn() throws IOException, ReflectiveOperationException {
    // In a folder that any machine has. CRIU binds it anew at each restore.
    Files.delete(path);
    standIn.configureBlocking(false);
    standIn.bind(UnixDomainSocketAddress.of(path));
    streams.replace(number, standIn);
  }

  /**
   * Listens again. In the original process a thread that was in {@code accept} when the socket was
   * set aside may still hold the address. Where it fails it can be called again.
   */
  void putBack(boolean original) throws IOException {
    try (standIn) {
      if (!isBack) {
        listenAgain(original);
      }
      watchAgain();
      wakeWaiting();
    } catch (ReflectiveOperationException e) {
      throw new IOException("This JDK gives no way to put a listening socket back", e);
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private void listenAgain(boolean original) throws IOException, ReflectiveOperationException {
    try (ServerSocketChannel next = listening(original)) {
      next.configureBlocking(blocking);
      streams.replace(number, next);
      isBack = true;
    }
  }

  /**
   * A thread that waits for the stand-in has to begin its system call again. A stop of the process
   * makes the kernel restart the calls of all threads, unseen by them.
   */
  private void wakeWaiting() throws IOException {
    Process stop =
        new ProcessBuilder("sh", "-c", STOP_AND_GO_ON)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!stop.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        stop.destroyForcibly();
        throw new IOException("kill did not end within " + LIMIT.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void watchAgain() throws IOException {
    for (Map.Entry<Integer, Integer> watch : List.copyOf(watches.entrySet())) {
      int epoll = watch.getKey();
      Object code = control.call(null, epoll, EPOLL_CTL_ADD, number, watch.getValue());
      if (!Integer.valueOf(0).equals(code)) {
        throw new IOException("epoll " + epoll + " cannot watch it again: error " + code);
      }
      watches.remove(epoll);
    }
  }

  /**
   * Not by {@link Rebind}: in the original process the owner of a taken address is this process,
   * and in a restored one nothing is tried again, because the restore script is waiting.
   */
  private ServerSocketChannel listening(boolean original) throws IOException {
    Deadline deadline = Deadline.after(LIMIT);
    while (true) {
      ServerSocketChannel next =
          address.getAddress() instanceof Inet4Address
              ? ServerSocketChannel.open(StandardProtocolFamily.INET)
              : ServerSocketChannel.open();
      try {
        for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
          set(next, option.getKey(), option.getValue());
        }
        return next.bind(address, BACKLOG);
      } catch (BindException e) {
        next.close();
        if (!original || deadline.hasPassed()) {
          throw new IOException(
              "%s, on which the process listens, is not available here (%s): free it, or use --clone --net"
                  .formatted(Rebind.describe(address), e.getMessage()),
              e);
        }
        connectOnce();
      } catch (Throwable e) {
        next.close();
        throw e;
      }
    }
  }

  /** Connects as a client: the thread that is in {@code accept} returns from it. */
  private void connectOnce() {
    InetAddress host = address.getAddress();
    try (Socket client = new Socket()) {
      client.connect(
          new InetSocketAddress(
              host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host,
              address.getPort()),
          (int) LIMIT.toMillis());
    } catch (IOException e) {
      Thread.onSpinWait(); // the thread has returned by itself
    }
  }

  @SuppressWarnings("unchecked") // the value was read as this option's
  private static <T> void set(ServerSocketChannel channel, SocketOption<T> option, Object value)
      throws IOException {
    channel.setOption(option, (T) value);
  }

  private Map<SocketOption<?>, Object> readOptions()
      throws IOException, ReflectiveOperationException {
    InternalMethod get =
        JDK.method(
            JDK.type("sun.nio.ch.Net"),
            "getSocketOption",
            FileDescriptor.class,
            SocketOption.class);
    Map<SocketOption<?>, Object> found = new LinkedHashMap<>();
    for (SocketOption<?> option :
        List.<SocketOption<?>>of(
            StandardSocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_REUSEPORT,
            StandardSocketOptions.SO_RCVBUF)) {
      Object value = Objects.requireNonNull(get.call(null, streams.descriptorOf(number), option));
      if (option == StandardSocketOptions.SO_RCVBUF) {
        value = (int) value / 2; // Linux returns twice what was set
      }
      found.put(option, value);
    }
    return found;
  }

  private Map<Integer, Integer> readWatches() throws IOException {
    Map<Integer, Integer> found = new LinkedHashMap<>();
    for (int epoll : Proc.self().descriptors()) {
      try {
        for (Proc.Watch watch : Proc.self().info(epoll).watches()) {
          if (watch.descriptor() == number) {
            found.put(epoll, watch.events());
          }
        }
      } catch (NoSuchFileException e) {
        continue; // closed since
      }
    }
    return found;
  }
}
