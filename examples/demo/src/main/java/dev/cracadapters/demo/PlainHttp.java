/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** HTTP by hand on one connection, to see how the connection ends. */
final class PlainHttp {

  private static final int LIMIT_MILLIS = 60_000;

  private PlainHttp() {}

  /** What came back on the connection. */
  record Answer(int status, boolean whole, boolean closedCleanly) {}

  /** Sends a POST that would keep the connection open, and reads until the other side closes it. */
  static Answer post(URI address) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      String request =
          "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n"
              .formatted(address.getPath(), address.getAuthority());
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      boolean clean = readToEnd(socket.getInputStream(), text);
      String answer = text.toString(StandardCharsets.US_ASCII);
      int status = answer.startsWith("HTTP/1.1 ") ? Integer.parseInt(answer.substring(9, 12)) : -1;
      return new Answer(status, answer.contains("\r\n\r\n"), clean);
    }
  }

  /** False when the connection was reset instead of closed. */
  private static boolean readToEnd(InputStream input, OutputStream text) {
    try {
      input.transferTo(text);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
