/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import static dev.cracadapters.jdk.fixup.Memory.JDK;

import dev.cracadapters.core.support.InternalField;
import dev.cracadapters.core.support.InternalMethod;
import dev.cracadapters.core.support.ReloadingKeys;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import org.jspecify.annotations.Nullable;

/**
 * The default TLS context, whose key store and trust store the JDK reads once in the life of a
 * process. When a restore finds their files or the system properties {@code javax.net.ssl.*}
 * changed, they are read again, into the same context: connection factories and clients that were
 * made from it before use the new keys from their next connection on.
 *
 * <p>TLS sessions of the default context are forgotten in any case, and so are the keys of its
 * session tickets, which two clones would share.
 */
public final class DefaultKeys implements Fixup, ReloadingKeys.Source {

  private static final Class<?> CONTEXT = JDK.type("sun.security.ssl.SSLContextImpl");
  private static final Class<?> STORES = JDK.type(CONTEXT.getName() + "$DefaultManagersHolder");
  private static final Class<?> JDK_DEFAULT = JDK.type(CONTEXT.getName() + "$DefaultSSLContext");
  private static final Class<?> TRUST_CACHE = JDK.type("sun.security.ssl.TrustStoreManager");
  private static final InternalField<Object> TRUST_CACHE_KEY =
      JDK.field(JDK.type(TRUST_CACHE.getName() + "$TrustAnchorManager"), "descriptor");
  private static final InternalField<Object> DEFAULT =
      JDK.field(SSLContext.class, "defaultContext");
  private static final InternalField<Object> SPI = JDK.field(SSLContext.class, "contextSpi");
  private static final InternalField<Object> TICKET_KEYS =
      JDK.field(JDK.type("sun.security.ssl.SSLSessionContextImpl"), "keyHashMap");
  private static final List<String> MANAGERS = List.of("keyManager", "trustManager");
  private static final InternalMethod KEY_MANAGERS = JDK.method(STORES, "getKeyManagers");
  private static final InternalMethod TRUST_MANAGERS = JDK.method(STORES, "getTrustManagers");

  private static final List<String> STORE_PROPERTIES = List.of("keyStore", "trustStore");

  private final ReloadingKeys keys = new ReloadingKeys(this);
  private boolean isStale;

  @Override
  public synchronized void beforeCheckpoint() {
    if (Memory.isInitialized(STORES)) {
      keys.onLoaded();
      isStale = true;
    }
  }

  @Override
  public synchronized void afterRestore() throws Exception {
    if (!isStale) {
      // Nothing had been read before the checkpoint, or this is the second call.
      return;
    }
    SSLContext context = jdkDefault();
    if (context != null) {
      forgetSessions(context.getClientSessionContext());
      forgetSessions(context.getServerSessionContext());
    }
    keys.reloadIfChanged();
    isStale = false;
  }

  @Override
  public String description() {
    return "a store of the default TLS context";
  }

  @Override
  public void load() throws Exception {
    SSLContext context = jdkDefault();
    if (Memory.isInitialized(TRUST_CACHE)) {
      // The JDK compares names and times only; a file of an image layer may keep its time.
      TRUST_CACHE_KEY.set(JDK.field(TRUST_CACHE, "tam").find(null), null);
    }
    Object[] keys = read(KEY_MANAGERS, "javax.net.ssl.keyStore");
    Object[] trust = read(TRUST_MANAGERS, "javax.net.ssl.trustStore");
    // For contexts that are made later, by SSLContext.getInstance("Default").
    replace("keyManagers", keys);
    replace("trustManagers", trust);
    if (context != null) {
      SSLContext fresh = SSLContext.getInstance("Default");
      Object from = SPI.find(fresh);
      Object into = SPI.find(context);
      for (String name : MANAGERS) {
        InternalField<Object> field = JDK.field(CONTEXT, name);
        field.set(into, field.find(from));
      }
    }
  }

  private static Object[] read(InternalMethod managers, String property) {
    try {
      if (managers.call(null) instanceof Object[] read) {
        return read;
      }
      throw JDK.missing(property, null);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          "%s=%s, the cause below says more".formatted(property, System.getProperty(property, "")),
          e);
    }
  }

  private static void replace(String name, Object[] with) {
    if (!(JDK.field(STORES, name).find(null) instanceof Object[] array)
        || array.length != with.length) {
      throw new IllegalStateException(
          "The default TLS context cannot take other " + name + " than those it started with");
    }
    System.arraycopy(with, 0, array, 0, with.length);
  }

  /** The default context, unless the application has set one of its own. */
  private static @Nullable SSLContext jdkDefault() {
    return DEFAULT.find(null) instanceof SSLContext context
            && SPI.find(context) instanceof SSLContextSpi spi
            && spi.getClass() == JDK_DEFAULT
        ? context
        : null;
  }

  private static void forgetSessions(@Nullable SSLSessionContext sessions) {
    if (sessions == null) {
      return;
    }
    for (byte[] id : Collections.list(sessions.getIds())) {
      SSLSession session = sessions.getSession(id);
      if (session != null) {
        session.invalidate();
      }
    }
    // The client's side has none, and an immutable map.
    if (TICKET_KEYS.find(sessions) instanceof Map<?, ?> keys && !keys.isEmpty()) {
      keys.clear();
    }
  }

  @Override
  public Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    for (String store : STORE_PROPERTIES) {
      for (String part : List.of("", "Type", "Provider", "Password")) {
        String property = "javax.net.ssl." + store + part;
        settings.put(property, System.getProperty(property, ""));
      }
    }
    return settings;
  }

  @Override
  public List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (String store : STORE_PROPERTIES) {
      String file = System.getProperty("javax.net.ssl." + store, "");
      if (!file.isEmpty()) {
        files.add(Path.of(file));
      }
    }
    Path security = Path.of(System.getProperty("java.home"), "lib", "security");
    files.add(security.resolve("jssecacerts"));
    files.add(security.resolve("cacerts"));
    return files;
  }
}
