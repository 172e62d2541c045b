/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.locks.LockSupport;

/**
 * Hears a signal while it is open, and wakes a thread by it. Whoever handled the signal before does
 * so again afterwards.
 *
 * <p>By reflection: {@code sun.misc.Signal} is the JDK's only way to a signal, supported but
 * without a replacement (JEP 260), and naming it would be a warning of the compiler.
 */
final class PauseSignal implements AutoCloseable {

  private final Object signal;
  private final Object handledBefore;
  private volatile boolean came;

  private PauseSignal(String name, Thread woken) {
    try {
      signal = Class.forName("sun.misc.Signal").getConstructor(String.class).newInstance(name);
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object ours =
          Proxy.newProxyInstance(
              PauseSignal.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) ->
                  switch (method.getName()) {
                    case "handle" -> {
                      came = true;
                      LockSupport.unpark(woken);
                      yield null;
                    }
                    case "equals" -> self == arguments[0];
                    case "hashCode" -> System.identityHashCode(self);
                    default -> "pause engine";
                  });
      handledBefore = handle(ours);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "System property crac.pause.signal is \"%s\", which this JVM cannot hear (%s)"
              .formatted(name, e.getCause().getMessage()),
          e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          "System property crac.pause.signal needs the module jdk.unsupported; say none to do without",
          e);
    }
  }

  /**
   * Listens from now on.
   *
   * @param name without SIG
   * @param woken the thread that waits for it
   * @throws IllegalArgumentException if there is no such signal, or the JVM keeps it for itself
   */
  static PauseSignal listen(String name, Thread woken) {
    return new PauseSignal(name, woken);
  }

  boolean came() {
    return came;
  }

  private Object handle(Object handler) throws ReflectiveOperationException {
    Method handle =
        signal
            .getClass()
            .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"));
    return handle.invoke(null, signal, handler);
  }

  @Override
  public void close() {
    try {
      handle(handledBefore);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The signal " + signal + " cannot be given back", e);
    }
  }
}
