/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.Keytool;
import dev.cracadapters.spring.fixture.Contexts;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

@DisplayName("Spring Boot's own web server after a restore")
class ServerAtRestoreTest {

  private static final String PASSWORD = "server.ssl.key-store-password";
  private static final String PORT = "server.port";

  @TempDir private Path folder;

  @AfterEach
  void forgetProperties() {
    System.clearProperty(PASSWORD);
    System.clearProperty(PORT);
  }

  @Test
  @DisplayName("shows the certificate of a key store that was renewed, with another password")
  void renewedKeyStore() throws Exception {
    Path store = keyStore("first", "changeit");
    Path renewed = keyStore("second", "another");
    System.setProperty(PASSWORD, "changeit");
    try (ConfigurableApplicationContext context = startSecure(store);
        Registration meanwhile =
            atRestore(
                () -> {
                  Files.move(renewed, store, StandardCopyOption.REPLACE_EXISTING);
                  System.setProperty(PASSWORD, "another");
                })) {
      assertThat(meanwhile).isNotNull();
      assertThat(subject(port(context))).isEqualTo("CN=first");
      CheckpointCoordinator.global().checkpoint();
      assertThat(subject(port(context))).isEqualTo("CN=second");
    }
  }

  @Test
  @DisplayName("shows the certificate from before where the new key store is broken, and says so")
  void brokenKeyStore() throws Exception {
    Path store = keyStore("first", "changeit");
    System.setProperty(PASSWORD, "changeit");
    try (ConfigurableApplicationContext context = startSecure(store)) {
      try (Registration meanwhile = atRestore(() -> Files.writeString(store, "no key store"))) {
        assertThat(meanwhile).isNotNull();
        assertThatThrownBy(() -> CheckpointCoordinator.global().checkpoint())
            .isInstanceOf(RestoreException.class);
      }
      assertThat(CheckpointCoordinator.global().lastReport().orElseThrow().failures())
          .anyMatch(failure -> failure.contains("key store of server.ssl (" + store + ")"));
      assertThat(subject(port(context))).isEqualTo("CN=first");

      Files.delete(store);
      Files.move(keyStore("second", "changeit"), store);
      CheckpointCoordinator.global().checkpoint();
      assertThat(subject(port(context))).isEqualTo("CN=second");
    }
  }

  @Test
  @DisplayName("listens on the server.port that the restore was given, from the first moment on")
  void newPort() throws Exception {
    int before = freePort();
    System.setProperty(PORT, Integer.toString(before));
    try (ConfigurableApplicationContext context = start()) {
      assertThat(context.isRunning()).isTrue();
      int after = freePort();
      try (Registration meanwhile =
              atRestore(() -> System.setProperty(PORT, Integer.toString(after)));
          Registration first = atRestore(Phase.CLIENTS, () -> listensOnlyOn(after, before))) {
        assertThat(List.of(meanwhile, first)).doesNotContainNull();
        CheckpointCoordinator.global().checkpoint();
      }
      assertThat(CheckpointCoordinator.global().lastReport().orElseThrow().failures()).isEmpty();
      listensOnlyOn(after, before);
    }
  }

  private static void listensOnlyOn(int port, int other) throws IOException {
    new Socket(InetAddress.getLoopbackAddress(), port).close();
    assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), other))
        .isInstanceOf(ConnectException.class);
  }

  private interface Step {
    void run() throws IOException;
  }

  /** Does a step between checkpoint and restore. */
  private static Registration atRestore(Step step) {
    return atRestore(Phase.JDK, step);
  }

  private static Registration atRestore(int phase, Step step) {
    return CheckpointCoordinator.global()
        .register(
            new PhasedResource() {
              @Override
              public String name() {
                return "the outside world";
              }

              @Override
              public int phase() {
                return phase;
              }

              @Override
              public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {}

              @Override
              public void afterRestore(@Nullable Context<? extends Resource> context)
                  throws IOException {
                step.run();
              }
            });
  }

  private static ConfigurableApplicationContext startSecure(Path store) {
    return start(
        "--server.port=0",
        "--server.ssl.key-store=file:" + store,
        "--server.ssl.key-store-type=PKCS12");
  }

  private static ConfigurableApplicationContext start(String... properties) {
    return new SpringApplicationBuilder(Contexts.Boot.class)
        .web(WebApplicationType.SERVLET)
        .properties("spring.crac.enabled=true", "spring.crac.engine=pause")
        .run(
            Stream.concat(
                    List.of(Contexts.NO_DATABASE, "--spring.main.banner-mode=off").stream(),
                    List.of(properties).stream())
                .toArray(String[]::new));
  }

  private static int port(ConfigurableApplicationContext context) {
    return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private Path keyStore(String name, String password) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Keytool.newKeyPair(store, password, name);
    return store;
  }

  private static String subject(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
