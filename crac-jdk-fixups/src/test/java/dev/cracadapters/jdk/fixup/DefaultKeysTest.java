/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.criu.testing.Keytool;
import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real handshakes over real sockets, with stores made by the JDK's keytool. */
class DefaultKeysTest {

  private static final String PASSWORD = "changeit";
  private static final FileTime LAYER_TIME = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir static Path folder;

  private static Path keyStore;
  private static Path trustStore;
  private static SSLContext context;
  private static SSLSocketFactory factoryFromBefore;

  private final JdkResource resource = JdkResource.of(JdkSettings.defaults());
  private final ExecutorService server = Executors.newSingleThreadExecutor();

  @BeforeAll
  static void useStoresOfOurOwn() throws Exception {
    for (String name : List.of("old", "new")) {
      makeStores(name);
    }
    keyStore = folder.resolve("keys.p12");
    trustStore = folder.resolve("trust.p12");
    install("old");
    System.setProperty("javax.net.ssl.keyStore", keyStore.toString());
    System.setProperty("javax.net.ssl.keyStorePassword", PASSWORD);
    System.setProperty("javax.net.ssl.trustStore", trustStore.toString());
    System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
    context = SSLContext.getDefault();
    factoryFromBefore = context.getSocketFactory();
  }

  @AfterAll
  static void useTheJdksStores() {
    for (String name : List.of("keyStore", "trustStore")) {
      System.clearProperty("javax.net.ssl." + name);
      System.clearProperty("javax.net.ssl." + name + "Password");
    }
  }

  @BeforeEach
  void startWithTheOldStores() throws Exception {
    resource.beforeCheckpoint(null);
    install("old");
    resource.afterRestore(null);
  }

  @AfterEach
  void stopServer() {
    server.shutdownNow();
  }

  @Test
  @DisplayName("A new trust store is used by a connection factory that was made before")
  void trustStoreIsReadAgain() throws Exception {
    SSLContext peer = contextOf("new");
    assertThatThrownBy(() -> connect(peer, factoryFromBefore)).isInstanceOf(SSLException.class);

    resource.beforeCheckpoint(null);
    install("new");
    assertThatThrownBy(() -> connect(peer, factoryFromBefore))
        .as("nobody but the resource reads it again")
        .isInstanceOf(SSLException.class);
    resource.afterRestore(null);

    assertThat(connect(peer, factoryFromBefore)).isEqualTo("CN=new");
  }

  @Test
  @DisplayName("A new key store is used by a server of the default context")
  void keyStoreIsReadAgain() throws Exception {
    assertThat(connect(context, contextOf("old").getSocketFactory())).isEqualTo("CN=old");

    resource.beforeCheckpoint(null);
    install("new");
    resource.afterRestore(null);

    assertThat(connect(context, contextOf("new").getSocketFactory())).isEqualTo("CN=new");
    assertThatThrownBy(() -> connect(context, contextOf("old").getSocketFactory()))
        .isInstanceOf(SSLException.class);
  }

  @Test
  @DisplayName("Contexts that are made later from the default get the new stores as well")
  void laterContexts() throws Exception {
    resource.beforeCheckpoint(null);
    install("new");
    resource.afterRestore(null);

    SSLContext later = SSLContext.getInstance("Default");

    assertThat(connect(contextOf("new"), later.getSocketFactory())).isEqualTo("CN=new");
  }

  @Test
  @DisplayName("The default context itself stays the same object")
  void sameContext() throws Exception {
    resource.beforeCheckpoint(null);
    install("new");
    resource.afterRestore(null);

    assertThat(SSLContext.getDefault()).isSameAs(context);
  }

  @Test
  @DisplayName("No TLS session is resumed after the restore, which each clone could")
  void sessionsAreForgotten() throws Exception {
    connect(contextOf("old"), factoryFromBefore);
    assertThat(context.getClientSessionContext().getIds().hasMoreElements()).isTrue();

    resource.beforeCheckpoint(null);
    resource.afterRestore(null);

    assertThat(context.getClientSessionContext().getIds().hasMoreElements()).isFalse();
  }

  @Test
  @DisplayName("A store that cannot be read fails the restore, and the next call mends it")
  void brokenStore() throws Exception {
    resource.beforeCheckpoint(null);
    Files.writeString(keyStore, "no key store");

    assertThatThrownBy(() -> resource.afterRestore(null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(keyStore.toString());
    assertThat(connect(context, contextOf("old").getSocketFactory()))
        .as("still serves with what it had")
        .isEqualTo("CN=old");

    install("new");
    assertThatCode(() -> resource.afterRestore(null)).doesNotThrowAnyException();
    assertThat(connect(context, contextOf("new").getSocketFactory())).isEqualTo("CN=new");
  }

  /** The name in the certificate that the client was shown. */
  private String connect(SSLContext listening, SSLSocketFactory client) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (SSLServerSocket listener =
        (SSLServerSocket) listening.getServerSocketFactory().createServerSocket(0, 1, loopback)) {
      Future<?> served = server.submit(() -> serve(listener));
      try (SSLSocket socket = (SSLSocket) client.createSocket(loopback, listener.getLocalPort())) {
        socket.setSoTimeout(10_000);
        socket.startHandshake();
        X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        assertThat(socket.getInputStream().read()).isEqualTo('!');
        return shown.getSubjectX500Principal().getName();
      } finally {
        served.get(10, TimeUnit.SECONDS);
      }
    }
  }

  private static void serve(SSLServerSocket listener) {
    try (SSLSocket socket = (SSLSocket) listener.accept()) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write('!');
    } catch (IOException e) {
      // The client did not like the certificate; it is the client that is asked.
    }
  }

  private static SSLContext contextOf(String name) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(load(folder.resolve(name + "-keys.p12")), PASSWORD.toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(load(folder.resolve(name + "-trust.p12")));
    SSLContext made = SSLContext.getInstance("TLS");
    made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return made;
  }

  private static KeyStore load(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  /** The same names and the same times, as in two builds of a container image. */
  private static void install(String name) throws IOException {
    Files.write(keyStore, Files.readAllBytes(folder.resolve(name + "-keys.p12")));
    Files.write(trustStore, Files.readAllBytes(folder.resolve(name + "-trust.p12")));
    Files.setLastModifiedTime(keyStore, LAYER_TIME);
    Files.setLastModifiedTime(trustStore, LAYER_TIME);
  }

  private static void makeStores(String name) throws Exception {
    Path keys = folder.resolve(name + "-keys.p12");
    Path trust = folder.resolve(name + "-trust.p12");
    String certificate = folder.resolve(name + ".crt").toString();
    Keytool.newKeyPair(keys, PASSWORD, name);
    keytool(keys, "-exportcert", "-alias", name, "-file", certificate);
    keytool(trust, "-importcert", "-noprompt", "-alias", name, "-file", certificate);
  }

  private static void keytool(Path store, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    all.addAll(List.of("-storetype", "PKCS12"));
    Keytool.run(all.toArray(String[]::new));
  }
}
