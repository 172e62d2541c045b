/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.RestoreInfo;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;

/**
 * A service without standard streams that is asked through a socket, which is closed at a
 * checkpoint: nothing of it reaches out of the process then.
 */
public final class OutsideService implements PhasedResource {

  private final Path door;
  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private final byte[] data = new byte[4 << 20];
  private int counter;
  private Thread checkpoint = new Thread();
  private volatile String outcome = "none";
  private @Nullable ServerSocketChannel server;
  private @Nullable Thread porter;

  private OutsideService(Path door) {
    this.door = door;
    new Random(17).nextBytes(data);
  }

  /**
   * Serves until it is told to exit.
   *
   * @param arguments the socket's path
   * @throws Exception if it cannot listen
   */
  public static void main(String[] arguments) throws Exception {
    OutsideService service = new OutsideService(Path.of(arguments[0]));
    CheckpointCoordinator.global().register(service);
    service.open();
    Thread.currentThread().join(); // not by the porter: it ends with every checkpoint
  }

  @Override
  public String name() {
    return "door";
  }

  @Override
  public int phase() {
    return 10;
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
    calls.add("down");
    server.close();
    porter.join();
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) throws IOException {
    calls.add("up");
    if (!server.isOpen()) {
      open();
    }
  }

  private void open() throws IOException {
    Files.deleteIfExists(door);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(door));
    ServerSocketChannel mine = server;
    porter = new Thread(() -> serve(mine), "porter");
    porter.start();
  }

  private void serve(ServerSocketChannel server) {
    while (true) {
      try (SocketChannel caller = server.accept()) {
        ByteBuffer question = ByteBuffer.allocate(1024);
        while (caller.read(question) >= 0) {
          continue; // the caller ends its half
        }
        String line = new String(question.array(), 0, question.position(), StandardCharsets.UTF_8);
        caller.write(ByteBuffer.wrap(answer(line).getBytes(StandardCharsets.UTF_8)));
      } catch (IOException e) {
        if (!server.isOpen()) {
          return;
        }
      }
    }
  }

  private String answer(String line) {
    String[] words = line.split(" ", 2);
    switch (words[0]) {
      case "add":
        counter += Integer.parseInt(words[1]);
        return "sum=" + counter;
      case "state":
        awaitCheckpoint(); // the door opens before the last of it is over
        return "counter=%d data=%08x calls=%s outcome=%s"
            .formatted(counter, Arrays.hashCode(data), calls, outcome);
      case "instance":
        return RestoreInfo.latest().map(RestoreInfo::instanceId).orElse("none");
      case "arguments":
        return RestoreInfo.latest().orElseThrow().arguments().toString();
      case "environment":
        return "" + RestoreInfo.latest().orElseThrow().environment().get(words[1]);
      case "checkpoint":
        checkpoint = new Thread(this::checkpoint, "checkpoint");
        checkpoint.start();
        return "asked";
      case "exit":
        Runtime.getRuntime().halt(0);
        return "";
      default:
        return "unknown " + line;
    }
  }

  private void awaitCheckpoint() {
    try {
      checkpoint.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void checkpoint() {
    try {
      outcome = CheckpointCoordinator.global().checkpoint().outcome().toString();
    } catch (Exception e) {
      outcome = Stream.of(e.getSuppressed()).map(Throwable::getMessage).toList().toString();
    }
  }
}
