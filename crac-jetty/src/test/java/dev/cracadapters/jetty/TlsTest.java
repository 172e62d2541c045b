/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.crac.RestoreException;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsTest {

  private static final String PASSWORD = "changeit";

  private static final Map<String, byte[]> KEY_STORES = new ConcurrentHashMap<>();

  @TempDir Path folder;

  @Test
  @DisplayName(
      "HTTPS: a request in flight finishes, its connection closes, and the service is back")
  void requestInFlightFinishes() throws Exception {
    try (Service service = secure(keyStore("first"), new SslContextFactory.Server());
        RawClient idle = connect(service.port());
        RawClient client = connect(service.port())) {
      int port = service.port();
      idle.echo("idle").response();
      client.get("/slow");
      service.awaitEntered();
      JettyResource resource = service.resource();

      CompletableFuture<Void> checkpoint = Checkpoints.before(resource);
      assertThat(idle.toEnd()).isEmpty();
      service.finish();

      assertThat(client.toEnd()).contains("Connection: close").endsWith("slow");
      checkpoint.get(10, TimeUnit.SECONDS);
      assertThat(Descriptors.tcp(port)).isEmpty();

      resource.afterRestore(null);
      try (RawClient again = connect(port)) {
        assertThat(again.echo("again").response()).endsWith("again");
      }
    }
  }

  @Test
  @DisplayName(
      "HTTPS: past the drain time-out the checkpoint is refused, and the request is not lost")
  void refused() throws Exception {
    try (Service service = secure(keyStore("first"), new SslContextFactory.Server());
        RawClient client = connect(service.port())) {
      client.get("/slow");
      service.awaitEntered();
      JettyResource resource = service.resource(Duration.ofMillis(300));

      assertThatThrownBy(() -> resource.beforeCheckpoint(null))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("GET /slow");
      resource.afterRestore(null);

      try (RawClient again = connect(service.port())) {
        assertThat(again.echo("again").response()).endsWith("again");
      }
      service.finish();
      assertThat(client.toEnd()).endsWith("slow");
    }
  }

  @Test
  @DisplayName("HTTPS: who connects while the socket only listens is answered with the new keys")
  void whoConnectsDuringTheWalkWaits() throws Exception {
    Path store = keyStore("first");
    try (Service service = secure(store, new SslContextFactory.Server())) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      Files.delete(store);
      keyStore("second");
      resource.listen();
      try (Socket early = new Socket(InetAddress.getLoopbackAddress(), port)) {

        resource.afterRestore(null);

        SSLSocket secured =
            (SSLSocket) trustingAll().createSocket(early, "localhost", early.getPort(), true);
        X509Certificate shown = (X509Certificate) secured.getSession().getPeerCertificates()[0];
        assertThat(shown.getSubjectX500Principal().getName()).isEqualTo("CN=second");
        assertThat(new RawClient(secured).echo("waited").response()).endsWith("waited");
      }
    }
  }

  @Test
  @DisplayName("A key store that was renewed between checkpoint and restore is used after it")
  void renewedKeyStore() throws Exception {
    Path store = keyStore("first");
    try (Service service = secure(store, new SslContextFactory.Server())) {
      JettyResource resource = service.resource();
      assertThat(subject(service.port())).isEqualTo("CN=first");

      resource.beforeCheckpoint(null);
      Files.delete(store);
      keyStore("second");
      resource.afterRestore(null);

      assertThat(subject(service.port())).isEqualTo("CN=second");
    }
  }

  @Test
  @DisplayName(
      "A key store that cannot be read any more is named, and the certificate from before goes on")
  void missingKeyStore() throws Exception {
    Path store = keyStore("first");
    try (Service service = secure(store, new SslContextFactory.Server())) {
      int port = service.port();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      Files.delete(store);

      assertThatThrownBy(() -> resource.afterRestore(null))
          .isInstanceOf(RestoreException.class)
          .hasMessageContaining(store.getFileName().toString())
          .hasMessageContaining("0.0.0.0:" + port);
      assertThat(subject(port)).isEqualTo("CN=first");
      resource.afterRestore(null);

      resource.beforeCheckpoint(null);
      keyStore("second");
      resource.afterRestore(null);
      assertThat(subject(port)).isEqualTo("CN=second");
    }
  }

  @Test
  @DisplayName("A factory that others share, and that runs on, reads its key store again too")
  void sharedFactory() throws Exception {
    Path store = keyStore("first");
    SslContextFactory.Server factory = new SslContextFactory.Server();
    factory.setKeyStorePath(store.toString());
    factory.setKeyStorePassword(PASSWORD);
    factory.start();
    try (Service service = secure(store, factory)) {
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      assertThat(factory.isStarted()).isTrue();
      Files.delete(store);
      keyStore("second");
      resource.afterRestore(null);
      assertThat(subject(service.port())).isEqualTo("CN=second");
    } finally {
      factory.stop();
    }
  }

  @Test
  @DisplayName("Each restore has a TLS context of its own, so no session goes over from before")
  void newContext() throws Exception {
    SslContextFactory.Server factory = new SslContextFactory.Server();
    try (Service service = secure(keyStore("first"), factory)) {
      SSLContext before = factory.getSslContext();
      JettyResource resource = service.resource();
      resource.beforeCheckpoint(null);
      resource.afterRestore(null);
      assertThat(factory.getSslContext()).isNotSameAs(before);
    }
  }

  /** The store that the service reads: from now on with the key of this name. */
  private Path keyStore(String name) throws Exception {
    if (!KEY_STORES.containsKey(name)) {
      KEY_STORES.put(name, newKeyStore(folder.resolve(name + ".p12"), name));
    }
    return Files.write(folder.resolve("service.p12"), KEY_STORES.get(name));
  }

  /** Not by crac-criu's Keytool: this module would be built only after all of its tests. */
  private static byte[] newKeyStore(Path store, String name) throws Exception {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-validity",
                "2")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes());
    assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).as(output).isZero();
    return Files.readAllBytes(store);
  }

  private static Service secure(Path store, SslContextFactory.Server factory) throws Exception {
    if (!factory.isStarted()) {
      factory.setKeyStorePath(store.toString());
      factory.setKeyStorePassword(PASSWORD);
    }
    Service service = new Service();
    service.connector.addFirstConnectionFactory(new SslConnectionFactory(factory, "http/1.1"));
    service.connector.setDefaultProtocol("SSL");
    // The test speaks to an address, and no certificate names one.
    allowAnyHost(service.connector);
    return service.start();
  }

  private static void allowAnyHost(ServerConnector connector) {
    org.eclipse.jetty.server.SecureRequestCustomizer customizer =
        new org.eclipse.jetty.server.SecureRequestCustomizer(false);
    connector
        .getConnectionFactory(org.eclipse.jetty.server.HttpConnectionFactory.class)
        .getHttpConfiguration()
        .addCustomizer(customizer);
  }

  private static RawClient connect(int port) throws Exception {
    return new RawClient(open(port));
  }

  private static String subject(int port) throws Exception {
    try (SSLSocket socket = open(port)) {
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  private static SSLSocketFactory trustingAll() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    return context.getSocketFactory();
  }

  private static SSLSocket open(int port) throws Exception {
    SSLSocket socket =
        (SSLSocket) trustingAll().createSocket(InetAddress.getLoopbackAddress(), port);
    try {
      socket.setSoTimeout(10_000);
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw new IOException(Arrays.toString(e.getStackTrace()), e);
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
