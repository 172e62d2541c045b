/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.criu.testing.fault.FaultLoader;
import dev.cracadapters.criu.testing.fault.FaultSteps;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("soak")
@Tag("essential")
@Timeout(300)
@DisplayName("Whatever is thrown at whichever step of the JDK's way down and up")
class FailureAtEveryStepTest {

  @Test
  @DisplayName("each generator draws afterwards, and draws no number twice")
  void draws() throws Exception {
    PhasedResource resource =
        (PhasedResource)
            new FaultLoader("dev.cracadapters.jdk")
                .loadClass("dev.cracadapters.jdk.JdkResource")
                .getMethod("of")
                .invoke(null);
    Registration registration = CheckpointCoordinator.global().register(resource);
    List<SecureRandom> generators =
        List.of(
            new SecureRandom(),
            SecureRandom.getInstance("DRBG"),
            SecureRandom.getInstance("SHA1PRNG"));
    Set<Long> drawn = new HashSet<>();
    try {
      generators.forEach(SecureRandom::nextLong);
      int steps =
          FaultSteps.each(
              when -> {
                FutureTask<Void> drawing =
                    new FutureTask<>(
                        () -> {
                          for (SecureRandom generator : generators) {
                            assertThat(drawn.add(generator.nextLong())).as(when).isTrue();
                          }
                          assertThat(drawn.add(ThreadLocalRandom.current().nextLong())).isTrue();
                          return null;
                        });
                Thread thread = new Thread(drawing, FaultSteps.APPLICATION);
                thread.setDaemon(true);
                thread.start();
                drawing.get(20, TimeUnit.SECONDS);
              });
      assertThat(steps).isGreaterThan(30);
    } finally {
      registration.close();
    }
  }
}
