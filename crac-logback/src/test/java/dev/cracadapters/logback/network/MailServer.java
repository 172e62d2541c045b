/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.awaitility.Awaitility;

/** Takes mails, each as soon as it is told to. */
final class MailServer implements AutoCloseable {

  private final ServerSocket listening =
      new ServerSocket(0, 50, InetAddress.getByName("localhost"));
  private final List<String> mails = new CopyOnWriteArrayList<>();
  private final Semaphore allowed = new Semaphore(0);

  MailServer() throws IOException {
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  void take(int count) {
    allowed.release(count);
  }

  /** The text of so many mails. */
  List<String> receive(int count) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> mails.size() >= count);
    return mails;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        start(() -> serve(client));
      }
    } catch (IOException e) {
      // Closed.
      return;
    }
  }

  private void serve(Socket client) {
    try (client;
        var in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        var out = new PrintWriter(client.getOutputStream(), false, StandardCharsets.UTF_8)) {
      allowed.acquire();
      answer(out, "220 ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("DATA")) {
          answer(out, "354 go on");
          mails.add(mail(in));
          answer(out, "250 taken");
        } else if (line.equals("QUIT")) {
          answer(out, "221 bye");
          return;
        } else {
          answer(out, "250 fine");
        }
      }
    } catch (IOException e) {
      // The client has gone.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String mail(BufferedReader in) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line = in.readLine(); line != null && !line.equals("."); line = in.readLine()) {
      text.append(line).append('\n');
    }
    return text.toString();
  }

  private static void answer(PrintWriter out, String line) {
    out.print(line + "\r\n");
    out.flush();
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "mail server");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
