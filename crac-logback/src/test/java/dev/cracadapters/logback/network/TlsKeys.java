/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import dev.cracadapters.criu.testing.Keytool;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key store with one key, that of localhost. */
final class TlsKeys {

  private static final String PASSWORD = "changeit";

  private final Path file;

  private TlsKeys(Path file) {
    this.file = file;
  }

  static TlsKeys make(Path folder) throws Exception {
    Path file = folder.resolve("keys.p12");
    Keytool.newKeyPair(file, PASSWORD, "localhost");
    return new TlsKeys(file);
  }

  /** For Logback's configuration, as {@code keyStore} or {@code trustStore}. */
  String xml(String element) {
    return "<ssl><%1$s><location>%2$s</location><type>PKCS12</type><password>%3$s</password></%1$s></ssl>"
        .formatted(element, file.toUri(), PASSWORD);
  }

  /** Has the key, and trusts it. */
  SSLContext context() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD.toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
