/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.hold;

import dev.cracadapters.core.WalkThreads;
import dev.cracadapters.core.support.ThreadStacks;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Which platform threads are the application's. */
final class ApplicationThreads {

  /** Of the JDK's own threads: cleaners, the reaper of child processes. */
  private static final String JDK_GROUP = "InnocuousThreadGroup";

  /** What carries virtual threads; those are held themselves. */
  private static final String CARRIER = "jdk.internal.misc.CarrierThread";

  private ApplicationThreads() {}

  /**
   * {@return those that are alive, without the calling one, the threads of the walk and of the JDK,
   * and those that are exempt} What the JDK keeps in its root group runs on: it collects garbage,
   * delivers signals, compiles.
   */
  static Set<Thread> find(Set<Thread> exempt) {
    Set<Thread> walk = WalkThreads.all();
    Set<Thread> found = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Thread thread : ThreadStacks.threads()) {
      if (isApplication(thread)
          && thread != Thread.currentThread()
          && !walk.contains(thread)
          && !exempt.contains(thread)) {
        found.add(thread);
      }
    }
    return found;
  }

  private static boolean isApplication(Thread thread) {
    ThreadGroup group = thread.getThreadGroup();
    return group != null
        && group.getParent() != null
        && !group.getName().equals(JDK_GROUP)
        && !thread.getClass().getName().equals(CARRIER);
  }
}
