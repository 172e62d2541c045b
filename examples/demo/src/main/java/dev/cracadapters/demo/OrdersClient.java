/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The orders service as its clients see it. */
public final class OrdersClient {

  private static final int LIMIT_MILLIS = 30_000;

  private final HttpCalls http;
  private final HttpCalls https;
  private final Ports ports;

  /**
   * Where the service's three listeners are reached.
   *
   * @param http the port of HTTP
   * @param https the port of HTTPS
   * @param line the port of the line server
   */
  public record Ports(int http, int https, int line) {}

  OrdersClient(HttpCalls http, HttpCalls https, Ports ports) {
    this.http = http;
    this.https = https;
    this.ports = ports;
  }

  HttpCalls http() {
    return http;
  }

  /** An address that reads the database. */
  URI countAddress() {
    return plain("/orders/count");
  }

  long count() throws IOException {
    return http.json(countAddress()).get("count").asLong();
  }

  long countOverTls() throws IOException {
    URI address = URI.create("https://localhost:" + ports.https + "/orders/count");
    return https.json(address).get("count").asLong();
  }

  /** Asks the line server. */
  String line(String command) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", ports.line), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write((command + "\n").getBytes(StandardCharsets.US_ASCII));
      String answer =
          new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
              .readLine();
      if (answer == null) {
        throw new IOException("The line server closed the connection without an answer");
      }
      return answer;
    }
  }

  HttpResponse<String> order(String reference, String requestId) throws IOException {
    return http.post(
        plain("/orders"),
        Map.of("customer", "demo", "item", "tea", "quantity", 1, "reference", reference),
        requestId);
  }

  JsonNode orderById(long id) throws IOException {
    return http.json(plain("/orders/" + id));
  }

  String token(String requestId) throws IOException {
    HttpResponse<String> response = http.post(plain("/sessions"), "", requestId);
    return HttpCalls.parse(response.body()).get("token").asText();
  }

  long jobRuns() throws IOException {
    return http.json(plain("/jobs")).get("runs").asLong();
  }

  long pid() throws IOException {
    return http.json(plain("/whoami")).get("pid").asLong();
  }

  JsonNode lastReport() throws IOException {
    return http.json(plain("/actuator/checkpoint"));
  }

  URI plain(String path) {
    return URI.create("http://127.0.0.1:" + ports.http + path);
  }
}
