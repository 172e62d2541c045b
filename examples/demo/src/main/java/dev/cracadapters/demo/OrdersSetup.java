/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Everything that one orders service needs: its jar, its database, its key store, its ports, its
 * folders.
 */
public final class OrdersSetup implements AutoCloseable {

  private static final String PASSWORD = "changeit";

  private final Path tools;
  private final Path jar;
  private final Path folder;
  private final List<String> jvmOptions;
  private final Database database;
  private final OrdersClient.Ports ports;
  private final HttpCalls http = HttpCalls.plain();
  private final HttpCalls https;

  /**
   * Prepares a folder, a database and a key store.
   *
   * @param tools the project's folder of tools
   * @param jar the executable jar
   * @param folder a new folder for all that the service writes
   * @param jvmOptions for the JVM, before {@code -jar}
   */
  public OrdersSetup(Path tools, Path jar, Path folder, List<String> jvmOptions) {
    try {
      Files.createDirectories(folder);
      this.tools = tools;
      this.jar = jar;
      this.folder = folder.toRealPath();
      this.jvmOptions = List.copyOf(jvmOptions);
      this.ports = freePorts();
      makeKeyStore();
      this.https = trustingKeyStore();
      this.database = Database.start("orders", this.folder.resolve("postgres"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Service start(String name) {
    return Service.start(jar, jvmOptions, environment(), output(name));
  }

  Service restore(String name, String... options) {
    return Service.restore(image(), environment(), output(name), options);
  }

  /** A network namespace of its own for a clone. */
  public Network network(String name) {
    return Network.open(inOwnNetwork(), folder.resolve(name), database.port(), ports);
  }

  OrdersClient client(OrdersClient.Ports reachedAt) {
    return new OrdersClient(http, https, reachedAt);
  }

  PauseWatch watchPause() {
    return PauseWatch.start(database, image(), pauseFile());
  }

  Path inOwnNetwork() {
    return tools.resolve("in-own-network");
  }

  Path output(String name) {
    return folder.resolve(name + ".out");
  }

  Path logFile() {
    return folder.resolve("log/orders.log");
  }

  Path image() {
    return folder.resolve("image");
  }

  /** Where the pause engine says that everything is down. */
  Path pauseFile() {
    return folder.resolve("paused");
  }

  Path keyStore() {
    return folder.resolve("orders.p12");
  }

  /** A new key and certificate in the place of the old ones. */
  void renewKeyStore() throws IOException {
    Files.delete(keyStore());
    makeKeyStore();
  }

  /** A client that trusts the certificate that the key store holds now. */
  HttpCalls trustingKeyStore() {
    return HttpCalls.trusting(keyStore(), PASSWORD);
  }

  /** Where the service listens. */
  public OrdersClient.Ports ports() {
    return ports;
  }

  Database database() {
    return database;
  }

  /** The settings of the service. */
  public Map<String, String> environment() {
    return Map.of(
        "PORT", Integer.toString(ports.http()),
        "TLS_PORT", Integer.toString(ports.https()),
        "LINE_PORT", Integer.toString(ports.line()),
        "KEY_STORE", "file:" + keyStore(),
        "KEY_STORE_PASSWORD", PASSWORD,
        "LOG_FILE", logFile().toString(),
        "DATABASE_URL", database.jdbcUrl(),
        "DATABASE_USER", database.user(),
        "DATABASE_PASSWORD", database.user(),
        "ORDERS_IMAGE", image().toString());
  }

  private static OrdersClient.Ports freePorts() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket one = new ServerSocket(0, 1, loopback);
        ServerSocket two = new ServerSocket(0, 1, loopback);
        ServerSocket three = new ServerSocket(0, 1, loopback)) {
      return new OrdersClient.Ports(one.getLocalPort(), two.getLocalPort(), three.getLocalPort());
    }
  }

  private void makeKeyStore() throws IOException {
    Path program = Path.of(System.getProperty("java.home"), "bin", "keytool");
    List<String> command = new ArrayList<>(List.of(program.toString(), "-genkeypair"));
    command.addAll(List.of("-alias", "orders", "-keyalg", "EC", "-dname", "CN=localhost"));
    command.addAll(List.of("-ext", "san=dns:localhost,ip:127.0.0.1", "-validity", "365"));
    command.addAll(List.of("-storetype", "PKCS12", "-keystore", keyStore().toString()));
    command.addAll(List.of("-storepass", PASSWORD));
    try (Service keytool = Service.run(command, Map.of(), output("keytool"))) {
      if (keytool.exitStatus() != 0) {
        throw new IOException("keytool failed: " + keytool.output());
      }
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
