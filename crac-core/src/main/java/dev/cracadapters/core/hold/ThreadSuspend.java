/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** {@code Thread.suspend()} and {@code resume()}, which throw from JDK 20 on and later are gone. */
final class ThreadSuspend implements Suspension {

  private final MethodHandle suspend = method("suspend");
  private final MethodHandle resume = method("resume");

  private static MethodHandle method(String name) {
    try {
      return MethodHandles.publicLookup()
          .findVirtual(Thread.class, name, MethodType.methodType(void.class));
    } catch (ReflectiveOperationException e) {
      throw new UnsupportedOperationException("this JDK has no Thread." + name + "()", e);
    }
  }

  @Override
  public Set<Thread> suspend(Set<Thread> threads) {
    Set<Thread> suspended = Collections.newSetFromMap(new IdentityHashMap<>());
    try {
      for (Thread thread : threads) {
        ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(Obstacles.id(thread));
        // What a debugger has suspended is its own: one call lets a thread go on, however many
        // suspend it.
        if (info != null && !info.isSuspended()) {
          suspended.add(thread);
          call(suspend, thread);
        }
      }
    } catch (RuntimeException | Error e) {
      resume(suspended);
      throw e;
    }
    return suspended;
  }

  @Override
  public void resume(Set<Thread> threads) {
    threads.forEach(thread -> call(resume, thread));
  }

  private static void call(MethodHandle method, Thread thread) {
    try {
      method.invokeExact(thread);
    } catch (Throwable e) {
      throw new UnsupportedOperationException("this JDK cannot suspend threads (" + e + ")", e);
    }
  }

  @Override
  public void suspendVirtual() {
    // A JDK that has Thread.suspend() has virtual threads as a preview at most.
  }

  @Override
  public void resumeVirtual() {}

  @Override
  public void close() {}
}
