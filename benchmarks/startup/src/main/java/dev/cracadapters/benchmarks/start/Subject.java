/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import dev.cracadapters.demo.Database;
import dev.cracadapters.demo.OrdersSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A service that is measured, with all that it needs.
 *
 * @param name the example
 * @param description what it is made of
 * @param jar its executable jar
 * @param folder for what is made of it
 * @param environment its settings, but for where an image goes
 * @param imageVariable the environment variable that names the folder of an image
 * @param port where it answers by HTTP
 * @param path what reads the database
 * @param setup what the orders service needs, null for another one
 * @param end closes what it needs
 */
record Subject(
    String name,
    String description,
    Path jar,
    Path folder,
    Map<String, String> environment,
    String imageVariable,
    int port,
    String path,
    @Nullable OrdersSetup setup,
    Runnable end)
    implements AutoCloseable {

  /** Sets up one of the examples, with a PostgreSQL of its own. */
  static Subject of(String name, StartOptions options) throws IOException {
    Path folder = Files.createDirectories(options.folder().resolve(name));
    Path jar = options.root().resolve("examples/%1$s/target/%1$s.jar".formatted(name));
    return switch (name) {
      case "orders" -> orders(options.root().resolve("tools"), jar, folder);
      case "clinic" -> clinic(jar, folder);
      default -> throw new IllegalArgumentException("There is no service " + name);
    };
  }

  private static Subject orders(Path tools, Path jar, Path folder) {
    OrdersSetup setup = new OrdersSetup(tools, jar, folder, List.of());
    return new Subject(
        "orders",
        "Jetty with TLS, HikariCP and PostgreSQL, Netty, Logback",
        jar,
        folder,
        setup.environment(),
        "ORDERS_IMAGE",
        setup.ports().http(),
        "/orders/count",
        setup,
        setup::close);
  }

  private static Subject clinic(Path jar, Path folder) throws IOException {
    Database database = Database.start("clinic", folder.resolve("postgres"));
    int port = freePort();
    Map<String, String> environment =
        Map.of(
            "PORT", Integer.toString(port),
            "LOG_FILE", folder.resolve("log/clinic.log").toString(),
            "DATABASE_URL", database.jdbcUrl(),
            "DATABASE_USER", database.user(),
            "DATABASE_PASSWORD", database.user());
    return new Subject(
        "clinic",
        "Thymeleaf, JPA (Hibernate), HikariCP and PostgreSQL, Tomcat, Logback",
        jar,
        folder,
        environment,
        "CLINIC_IMAGE",
        port,
        "/riders/1",
        null,
        database::close);
  }

  /** The same service with ports, a log file and a folder of its own, on the same database. */
  Subject beside(String other) throws IOException {
    Path own = Files.createDirectories(folder.resolve(other));
    Map<String, String> settings = new HashMap<>(environment);
    int ownPort = freePort();
    settings.put("PORT", Integer.toString(ownPort));
    for (String further : List.of("TLS_PORT", "LINE_PORT")) {
      if (settings.containsKey(further)) {
        settings.put(further, Integer.toString(freePort()));
      }
    }
    settings.put("LOG_FILE", own.resolve("service.log").toString());
    return new Subject(
        name,
        description,
        jar,
        own,
        Map.copyOf(settings),
        imageVariable,
        ownPort,
        path,
        setup,
        () -> {});
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  URI address() {
    return at(path);
  }

  URI at(String other) {
    return URI.create("http://127.0.0.1:" + port + other);
  }

  /** For a process that is never put through a checkpoint: our switch is off there. */
  Map<String, String> without() {
    Map<String, String> all = new HashMap<>(environment);
    all.put("SPRING_CRAC_ENABLED", "false");
    return all;
  }

  Map<String, String> withImage(Path image) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(imageVariable, image.toString());
    return all;
  }

  @Override
  public void close() {
    end.run();
  }
}
