/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A network namespace for one clone, and the ways in and out of it. */
public final class Network implements AutoCloseable {

  private final Service inside;
  private final List<Relay> outside;
  private final OrdersClient.Ports ports;

  private Network(Service inside, List<Relay> outside, OrdersClient.Ports ports) {
    this.inside = inside;
    this.outside = outside;
    this.ports = ports;
  }

  /** Why this machine cannot give namespaces, or an empty text when it can. */
  static String missing(Path inOwnNetwork, Path output) {
    List<String> command =
        List.of(inOwnNetwork.toString(), "unshare", "--pid", "--mount", "--fork", "true");
    try (Service probe = Service.run(command, Map.of(), output)) {
      return probe.exitStatus() == 0 ? "" : probe.output().strip();
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  /**
   * Opens a namespace in which the database is where it was, and from which the service's listeners
   * are reached on other ports outside.
   */
  static Network open(
      Path inOwnNetwork, Path folder, int databasePort, OrdersClient.Ports service) {
    try {
      Files.createDirectories(folder);
      Path database = folder.resolve("database");
      Path http = folder.resolve("http");
      Path https = folder.resolve("https");
      Path line = folder.resolve("line");
      Path ready = folder.resolve("ready");
      Relay up = Relay.open(Relay.unix(database), Relay.tcp(databasePort));
      Path java = Path.of(System.getProperty("java.home"), "bin", "java");
      List<String> command =
          Stream.of(
                  List.of(inOwnNetwork, java, "-XX:+UseSerialGC"),
                  List.of("-cp", System.getProperty("java.class.path"), Relay.class.getName()),
                  List.of(database, databasePort, http, service.http()),
                  List.of(https, service.https(), line, service.line(), ready))
              .flatMap(List::stream)
              .map(Object::toString)
              .toList();
      Service inside = Service.run(command, Map.of(), folder.resolve("relay.out"));
      Wait.until("relay in " + folder, Duration.ofSeconds(30), () -> Files.exists(ready));
      Relay toHttp = Relay.open(Relay.tcp(0), Relay.unix(http));
      Relay toHttps = Relay.open(Relay.tcp(0), Relay.unix(https));
      Relay toLine = Relay.open(Relay.tcp(0), Relay.unix(line));
      return new Network(
          inside,
          List.of(up, toHttp, toHttps, toLine),
          new OrdersClient.Ports(toHttp.port(), toHttps.port(), toLine.port()));
    } catch (IOException e) {
      throw new UncheckedIOException("The way into a network namespace cannot be opened", e);
    }
  }

  /** Where the service inside is reached from outside. */
  public OrdersClient.Ports ports() {
    return ports;
  }

  /** Restores an image inside, in PID and mount namespaces of its own as well. */
  public Service restore(Path image, Map<String, String> environment, Path output) {
    return Service.run(
        List.of(
            "nsenter",
            "--target",
            Long.toString(inside.pid()),
            "--net",
            image.resolve("restore").toString(),
            "--clone"),
        environment,
        output);
  }

  /** A process inside, whose {@code /proc/PID/net} shows what is listened to there. */
  public long pid() {
    return inside.pid();
  }

  @Override
  public void close() {
    inside.close();
    for (Relay relay : outside) {
      try {
        relay.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
