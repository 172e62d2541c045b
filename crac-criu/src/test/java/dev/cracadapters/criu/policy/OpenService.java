/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Deadline;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/**
 * A service that holds files, sockets and pipes open over a checkpoint, for the tests of descriptor
 * policies: it does what its standard input says, one command a line, and answers with a line that
 * begins as the command did.
 */
public final class OpenService {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final Map<String, Closeable> open = new HashMap<>();

  private OpenService() {}

  /**
   * Runs until it is told to exit, or its standard input ends.
   *
   * @param arguments none
   * @throws Exception if a command fails
   */
  public static void main(String[] arguments) throws Exception {
    CheckpointCoordinator.global();
    OpenService service = new OpenService();
    say("ready");
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ", 4);
      if (words[0].equals("checkpoint")) {
        daemon(OpenService::checkpoint);
      } else if (words[0].equals("exit")) {
        Deadline.after(LIMIT).await(() -> !CheckpointCoordinator.global().isUnderWay());
        System.exit(0);
      } else {
        service.answer(words[0], words[1], words[2], words[3]);
      }
    }
  }

  private void answer(String question, String command, String name, String argument)
      throws Exception {
    try {
      say(question + ": " + run(command, name, argument));
    } catch (IOException e) {
      say(question + ": " + e.getClass().getSimpleName() + ": " + e.getMessage());
    } catch (ExecutionException e) {
      say(
          question
              + ": "
              + e.getCause().getClass().getSimpleName()
              + ": "
              + e.getCause().getMessage());
    }
  }

  private String run(String command, String name, String argument) throws Exception {
    switch (command) {
      case "read" -> {
        return read(open.get(name), Integer.parseInt(argument));
      }
      case "write" -> {
        write(open.get(name), argument);
        return "done";
      }
      case "position" -> {
        return "" + ((FileChannel) open.get(name)).position();
      }
      case "length" -> {
        return "" + ((RandomAccessFile) open.get(name)).length();
      }
      case "accept" -> {
        return accept(open.get(name));
      }
      case "close" -> {
        open.get(name).close();
        return "done";
      }
      case "isClosed" -> {
        return String.valueOf(!((java.nio.channels.Channel) open.get(name)).isOpen());
      }
      case "acceptor" -> {
        Closeable listener = open.get(name);
        daemon(() -> say("accepted " + argument + " " + acceptVisitor(listener)));
        return "done";
      }
      case "selected" -> {
        select((ServerSocketChannel) open("ServerSocketChannel", argument));
        return "done";
      }
      case "lock" -> {
        FileChannel channel = FileChannel.open(Path.of(argument), StandardOpenOption.READ);
        channel.lock(0, Long.MAX_VALUE, true);
        open.put(name, channel);
        return "done";
      }
      case "pipe" -> {
        Pipe pipe = Pipe.open();
        open.put(name + "-sink", pipe.sink());
        open.put(name, pipe.source());
        return "done";
      }
      case "map" -> {
        FileChannel channel = (FileChannel) open.get(name);
        ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        open.put(name + "-mapped", () -> mapped.get(0));
        return "done";
      }
      default -> {
        Closeable opened = open(command, argument);
        open.put(name, opened);
        return "done";
      }
    }
  }

  private Closeable open(String kind, String argument) throws IOException {
    return switch (kind) {
      case "FileInputStream" -> new FileInputStream(argument);
      case "FileOutputStream" -> new FileOutputStream(argument);
      case "append" -> new FileOutputStream(argument, true);
      case "RandomAccessFile" -> new RandomAccessFile(argument, "rw");
      case "readOnlyAccess" -> new RandomAccessFile(argument, "r");
      case "FileChannel" ->
          FileChannel.open(
              Path.of(argument),
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE);
      case "newInputStream" -> Files.newInputStream(Path.of(argument));
      case "newOutputStream" -> Files.newOutputStream(Path.of(argument));
      case "AsynchronousFileChannel" -> AsynchronousFileChannel.open(Path.of(argument));
      case "directory" -> Files.newDirectoryStream(Path.of(argument));
      case "ServerSocket" ->
          new ServerSocket(Integer.parseInt(argument), 5, InetAddress.getLoopbackAddress());
      case "ServerSocketChannel" ->
          ServerSocketChannel.open()
              .bind(
                  new InetSocketAddress(
                      InetAddress.getLoopbackAddress(), Integer.parseInt(argument)));
      case "unixListener" ->
          ServerSocketChannel.open(StandardProtocolFamily.UNIX)
              .bind(UnixDomainSocketAddress.of(argument));
      case "DatagramSocket" ->
          new DatagramSocket(Integer.parseInt(argument), InetAddress.getLoopbackAddress());
      case "Socket" -> new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(argument));
      case "SocketChannel" ->
          SocketChannel.open(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(argument)));
      case "child" -> new ProcessBuilder("cat").start().getOutputStream();
      default -> throw new IOException("unknown command " + kind);
    };
  }

  private static String read(Closeable from, int bytes) throws Exception {
    byte[] read = new byte[bytes];
    int count;
    if (from instanceof InputStream stream) {
      count = stream.read(read);
    } else if (from instanceof RandomAccessFile file) {
      count = file.read(read);
    } else if (from instanceof Socket socket) {
      count = socket.getInputStream().read(read);
    } else if (from instanceof AsynchronousFileChannel channel) {
      count = channel.read(ByteBuffer.wrap(read), 0).get();
    } else {
      count = ((java.nio.channels.ReadableByteChannel) from).read(ByteBuffer.wrap(read));
    }
    return count < 0 ? "the end" : new String(read, 0, count, StandardCharsets.UTF_8);
  }

  private static void write(Closeable to, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (to instanceof OutputStream stream) {
      stream.write(bytes);
      stream.flush();
    } else if (to instanceof RandomAccessFile file) {
      file.write(bytes);
    } else if (to instanceof Socket socket) {
      socket.getOutputStream().write(bytes);
    } else {
      Channels.newOutputStream((java.nio.channels.WritableByteChannel) to).write(bytes);
    }
  }

  /** Takes one connection, reads a line, and answers with it. */
  private static String accept(Closeable listener) throws IOException {
    if (listener instanceof ServerSocket server) {
      try (Socket accepted = server.accept()) {
        byte[] line = accepted.getInputStream().readNBytes(5);
        accepted.getOutputStream().write(line);
        return new String(line, StandardCharsets.UTF_8);
      }
    }
    return answer(((ServerSocketChannel) listener).accept());
  }

  /** As accept, after visitors that say nothing. */
  private static String acceptVisitor(Closeable listener) {
    try {
      String line;
      do {
        line = accept(listener);
      } while (line.isBlank());
      return line;
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Accepts by a selector, on a thread of its own. */
  private static void select(ServerSocketChannel listener) throws IOException {
    Selector selector = Selector.open();
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    daemon(
        () -> {
          try {
            while (selector.select() >= 0) {
              selector.selectedKeys().clear();
              SocketChannel accepted = listener.accept();
              if (accepted != null) {
                answer(accepted);
              }
            }
          } catch (IOException e) {
            say("selector " + e);
          }
        });
  }

  private static String answer(SocketChannel accepted) throws IOException {
    try (accepted) {
      ByteBuffer line = ByteBuffer.allocate(5);
      while (line.hasRemaining() && accepted.read(line) >= 0) {
        continue;
      }
      accepted.write(line.flip());
      return new String(line.array(), 0, line.limit(), StandardCharsets.UTF_8);
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
  }

  private static void checkpoint() {
    try {
      CheckpointCoordinator.global().checkpoint();
      say("restored");
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

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
