/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

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
}
