/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("crac-core as the implementation of org.crac")
class CracImplementationTest {

  private @Nullable String before;

  @BeforeEach
  void clear() {
    before = System.clearProperty(CracImplementation.PROPERTY);
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(CracImplementation.PROPERTY);
    } else {
      System.setProperty(CracImplementation.PROPERTY, before);
    }
  }

  @Test
  @DisplayName("names its own package, where org.crac looks for classes of these names")
  void packageName() throws Exception {
    for (String name :
        new String[] {"Core", "Context", "Resource", "CheckpointException", "RestoreException"}) {
      assertThat(Class.forName(CracImplementation.PACKAGE + '.' + name)).isPublic();
    }
  }

  @Test
  @DisplayName("installs itself on a JDK that has none")
  void install() {
    assertThat(CracImplementation.jdkHasCrac()).isFalse();
    assertThat(CracImplementation.isOurs()).isFalse();

    CracImplementation.install();

    assertThat(CracImplementation.isOurs()).isTrue();
    assertThat(System.getProperty("org.crac.Core.Compat")).isEqualTo("dev.cracadapters.core.crac");
  }

  @Test
  @DisplayName("leaves another implementation in place that was named")
  void another() {
    System.setProperty(CracImplementation.PROPERTY, "com.example.crac");

    CracImplementation.install();

    assertThat(System.getProperty(CracImplementation.PROPERTY)).isEqualTo("com.example.crac");
    assertThat(CracImplementation.isOurs()).isFalse();
  }
}
