/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.RestoreInfo;
import dev.cracadapters.core.support.Proc;
import dev.cracadapters.criu.CriuEngine;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("What the engine does in a rehearsal")
class RehearsedDumpTest {

  @Test
  @DisplayName("leaves properties, environment and descriptors, and tells of no restore")
  void noTrace() throws Exception {
    TimeZone.getDefault(); // the JDK sets a property when it is first asked
    Properties properties = (Properties) System.getProperties().clone();
    Map<String, String> environment = Map.copyOf(System.getenv());

    new CriuEngine().rehearse(); // which may open what it never closes, such as a jar
    var descriptors = Proc.self().descriptors();
    new CriuEngine().rehearse();

    assertThat(System.getProperties().equals(properties)).isTrue();
    assertThat(System.getenv()).isEqualTo(environment);
    assertThat(Proc.self().descriptors()).isEqualTo(descriptors);
    assertThat(RestoreInfo.latest()).isEmpty();
  }
}
