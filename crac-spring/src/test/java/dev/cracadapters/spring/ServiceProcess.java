/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.jayway.jsonpath.JsonPath;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@link Service} in a JVM of its own: the descriptors there are the service's alone. */
final class ServiceProcess implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  final Path folder;
  final Process process;
  final int port;
  final int managementPort;
  private final HttpClient client = HttpClient.newHttpClient();

  ServiceProcess(Path folder, List<String> jvmOptions, String... properties) throws IOException {
    this.folder = folder;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(jvmOptions); // these may name another class path
    command.add(Service.class.getName());
    command.addAll(
        List.of(
            "--spring.application.json={\"server.port\":0}",
            "--logging.file.name=" + logFile(),
            "--ports.file=" + folder.resolve("ports")));
    command.addAll(Contexts.NO_JPA);
    command.addAll(List.of(properties));
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectInput(Redirect.from(new File("/dev/null")))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("console").toFile())
            .start();
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              assertThat(process.isAlive()).as(this::console).isTrue();
              return Files.exists(folder.resolve("ports"));
            });
    String[] ports = Files.readString(folder.resolve("ports")).split(" ");
    port = Integer.parseInt(ports[0]);
    managementPort = ports.length > 1 ? Integer.parseInt(ports[1]) : port;
  }

  Path logFile() {
    return folder.resolve("service.log");
  }

  String console() {
    try {
      return Files.readString(folder.resolve("console"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Gets a page of the service, waiting while it does not listen. */
  String get(String path) {
    return get(port, path);
  }

  private String get(int from, String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + from + path))
            .timeout(LIMIT)
            .build();
    return await()
        .atMost(LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
              assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
              return response.body();
            },
            body -> true);
  }

  <T> T report(String jsonPath) {
    return JsonPath.read(get(managementPort, "/actuator/checkpoint"), jsonPath);
  }

  /** Posts and reads until the service closes the connection; its bytes as they came. */
  String postCheckpoint() throws IOException {
    try (Socket socket = new Socket("localhost", managementPort)) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      String request =
          "POST /actuator/checkpoint HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8); // a reset would throw
    }
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).start().waitFor();
  }

  /** Waits for a report that began later than the one that was there before. */
  void awaitReportAfter(String startedAt) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> assertThat(lastStart()).as(this::console).isNotEmpty().isNotEqualTo(startedAt));
  }

  String lastStart() {
    String json = get(managementPort, "/actuator/checkpoint");
    return json.contains("startedAt") ? JsonPath.read(json, "$.startedAt") : "";
  }

  /** What the process has open, as the kernel names it. */
  List<String> descriptors() throws IOException {
    try (var entries = Files.list(Path.of("/proc", Long.toString(process.pid()), "fd"))) {
      List<String> targets = new ArrayList<>();
      for (Path entry : entries.toList()) {
        try {
          targets.add(Files.readSymbolicLink(entry).toString());
        } catch (IOException e) {
          continue; // closed since
        }
      }
      return targets;
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
