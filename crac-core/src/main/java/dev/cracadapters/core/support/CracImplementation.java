/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.RefusedException;

/** Makes crac-core the implementation of {@code org.crac} where the JDK brings none. */
public final class CracImplementation {

  /**
   * The system property by which {@code org.crac.Core} finds an implementation. It is read once.
   */
  public static final String PROPERTY = "org.crac.Core.Compat";

  /** The value of {@link #PROPERTY} that means our implementation. */
  public static final String PACKAGE = "dev.cracadapters.core.crac";

  private CracImplementation() {}

  /**
   * Sets {@link #PROPERTY}, unless it is set already or the JDK has CRaC. To have an effect it must
   * be called before anything touches {@code org.crac.Core}. Calling it again does nothing.
   */
  public static void install() {
    if (System.getProperty(PROPERTY) == null && !jdkHasCrac()) {
      System.setProperty(PROPERTY, PACKAGE);
    }
  }

  /**
   * {@return whether checkpoints go through ours: not on a CRaC JDK, nor where another
   * implementation was named}
   */
  public static boolean isOurs() {
    return PACKAGE.equals(System.getProperty(PROPERTY));
  }

  /** {@return whether this JDK has an implementation of its own} */
  public static boolean jdkHasCrac() {
    // The names and their order are org.crac's own.
    for (String name : new String[] {"javax.crac.Core", "jdk.crac.Core"}) {
      try {
        Class.forName(name, false, ClassLoader.getSystemClassLoader());
        return true;
      } catch (ClassNotFoundException e) {
        continue;
      }
    }
    return false;
  }

  /**
   * {@return why no checkpoint can be taken in a process where {@code org.crac} has no
   * implementation}
   *
   * @param cause what {@code org.crac} says
   */
  public static RefusedException isMissing(UnsupportedOperationException cause) {
    return new RefusedException(
        "org.crac",
        "it was used before crac-core could become its implementation, so that it has none on this JDK",
        "start the JVM with -D" + PROPERTY + '=' + PACKAGE,
        cause);
  }

  /** {@return why a checkpoint of another implementation has no image folder of its own} */
  public static RefusedException takesNoOptions() {
    return new RefusedException(
        "checkpoint",
        "this JDK takes it by a CRaC of its own, which has one image folder and always ends the process",
        "name the folder by -XX:CRaCCheckpointTo, and ask without an image and without leave-running");
  }
}
