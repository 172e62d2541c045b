/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.Registration;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * {@code sun.misc.Signal}, by name: every JDK exports it (module jdk.unsupported, JEP 260), and no
 * compiler lets its use pass without a warning that cannot be turned off.
 */
public final class SignalHandling {

  private SignalHandling() {}

  /**
   * Does something whenever a signal comes, on a thread of the JVM's.
   *
   * @param name the signal's name without SIG
   * @param received what to do; it should not take long
   * @return closing it gives the signal back to whoever had it before
   * @throws IllegalArgumentException if there is no such signal, or the JVM keeps it for itself;
   *     the message says which
   */
  public static Registration handle(String name, Runnable received) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object number = signal.getConstructor(String.class).newInstance(name);
      Method handle = signal.getMethod("handle", signal, handler);
      Object ours =
          Proxy.newProxyInstance(
              SignalHandling.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      received.run();
                      yield null;
                    }
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "crac-core's handler of " + name;
                  });
      Object before = handle.invoke(null, number, ours);
      AtomicBoolean closed = new AtomicBoolean();
      return () -> {
        if (closed.compareAndSet(false, true)) {
          putBack(handle, number, before);
        }
      };
    } catch (InvocationTargetException e) {
      // "Unknown signal: X", or "Signal already used by VM or OS: SIGX"
      throw new IllegalArgumentException(String.valueOf(e.getCause().getMessage()), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException("This Java has no module jdk.unsupported", e);
    }
  }

  private static void putBack(Method handle, Object number, Object before) {
    try {
      handle.invoke(null, number, before);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The signal's handler cannot be put back", e);
    }
  }
}
