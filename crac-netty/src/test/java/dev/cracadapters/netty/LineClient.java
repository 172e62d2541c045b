/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.netty;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client on a blocking socket: what it reads is what the kernel was given. */
final class LineClient implements AutoCloseable {

  /** Only bounds a wait: nothing is seen to take less. */
  private static final int TIMEOUT_MILLIS = 60_000;

  /**
   * What the kernel keeps for a client that does not read: little, whatever the machine's limits.
   */
  static final int BUFFER = 64_000;

  private final Socket socket = new Socket();
  private final BufferedReader reader;

  LineClient(int port) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.setReceiveBufferSize(BUFFER);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MILLIS);
      reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  void send(String line) throws IOException {
    sendRaw(line + "\n");
  }

  void sendRaw(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The next line, or null at the server's FIN. A RST is an exception. */
  @Nullable String read() throws IOException {
    return reader.readLine();
  }

  @Nullable String ask(String line) throws IOException {
    send(line);
    return read();
  }

  /** Sends a FIN, to which the server closes. */
  void finish() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
