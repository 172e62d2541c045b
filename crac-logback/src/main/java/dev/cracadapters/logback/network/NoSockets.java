/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import java.net.InetAddress;
import java.net.Socket;
import java.util.function.Supplier;
import javax.net.SocketFactory;

/** Makes no socket, and ends the thread that asks for one. */
final class NoSockets extends SocketFactory {

  private final Supplier<? extends RuntimeException> end;

  NoSockets(Supplier<? extends RuntimeException> end) {
    this.end = end;
  }

  @Override
  public Socket createSocket() {
    throw end.get();
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw end.get();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
    throw end.get();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw end.get();
  }

  @Override
  public Socket createSocket(
      InetAddress address, int port, InetAddress localAddress, int localPort) {
    throw end.get();
  }
}
