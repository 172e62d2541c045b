/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing.fault;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointOptions;
import dev.cracadapters.core.RestoreInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.crac.CheckpointException;

/**
 * A process that listens and is imaged by the {@link FaultyEngine}. Its arguments are the image
 * folder and the file for {@link FaultSteps#follow}. Commands, one a line: {@code each} has every
 * step fail in it, while it is left running; {@code checkpoint} ends it, and the steps that fail
 * are those of a restored process; {@code exit}.
 */
public final class FaultyService {

  private static final int MILLIS = 20_000;

  private final Path image;
  private final ServerSocket listener;

  private FaultyService(Path image) throws IOException {
    this.image = image;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::accept, FaultSteps.APPLICATION);
    thread.setDaemon(true);
    thread.start();
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    FaultyService service = new FaultyService(Path.of(arguments[0]));
    FaultSteps.follow(Path.of(arguments[1]));
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "each" -> new Thread(service::each, "each").start();
        case "checkpoint" -> new Thread(service::checkpoint, "checkpoint").start();
        default -> System.exit(0);
      }
    }
  }

  private void accept() {
    while (true) {
      try (Socket client = listener.accept()) {
        client.getOutputStream().write('y');
      } catch (IOException e) {
        System.err.println("accept: " + e);
      }
    }
  }

  private void serves(String when) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort())) {
      socket.setSoTimeout(MILLIS);
      if (socket.getInputStream().read() != 'y') {
        throw new IOException("no answer");
      }
    } catch (IOException e) {
      throw new IOException("It does not serve after " + when, e);
    }
  }

  private static String flag() {
    return ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .getVMOption("MinHeapFreeRatio")
        .getValue();
  }

  private void check(String when) throws IOException {
    serves(when);
    if (flag().equals("0")) {
      throw new IOException("The flags are those of the trim after " + when);
    }
    try (Stream<Path> entries = Files.list(image)) {
      List<String> left =
          entries
              .map(one -> one.getFileName().toString())
              .filter(one -> one.startsWith(".new-"))
              .toList();
      if (!left.isEmpty()) {
        throw new IOException(left + " is left after " + when);
      }
    }
  }

  private void each() {
    try {
      // Undisturbed: a class that could not be initialised never can be.
      CheckpointCoordinator.global().checkpoint(new CheckpointOptions(image, true));
      int steps =
          FaultSteps.each(FaultyEngine.NAME, new CheckpointOptions(image, true), this::check);
      System.out.println("steps " + steps);
    } catch (Throwable e) {
      e.printStackTrace();
      System.out.println("steps failed " + e);
    }
  }

  private void checkpoint() {
    String outcome = "up";
    try {
      CheckpointCoordinator.global().checkpoint(new CheckpointOptions(image, null));
    } catch (CheckpointException e) {
      outcome = "refused " + List.of(e.getSuppressed());
    } catch (Throwable e) {
      outcome = "failed " + e;
    }
    try {
      serves("its restore");
    } catch (IOException e) {
      outcome += " deaf";
    }
    System.out.printf(
        "restored %s info=%s flag=%s after %s%n",
        outcome, RestoreInfo.latest().isPresent(), flag(), FaultSteps.planned());
  }
}
