/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk;

import static dev.cracadapters.jdk.fixup.Memory.JDK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.cracadapters.core.Phase;
import dev.cracadapters.jdk.random.Rewind;
import java.lang.ref.WeakReference;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class JdkResourceTest {

  private final JdkResource resource = JdkResource.of(JdkSettings.defaults());

  @Test
  @DisplayName("It is the last to go down and the first to come up")
  void phase() {
    assertThat(resource.name()).isEqualTo("jdk");
    assertThat(resource.phase()).isEqualTo(Phase.JDK);
  }

  @Test
  @DisplayName("afterRestore does no harm without beforeCheckpoint, and when called again")
  void afterRestoreAlone() {
    assertThatCode(
            () -> {
              resource.afterRestore(null);
              resource.afterRestore(null);
            })
        .doesNotThrowAnyException();
  }

  @Test
  @DisplayName("Generators serve through many checkpoints, and never give a number twice")
  void manyCycles() throws Exception {
    List<SecureRandom> randoms =
        List.of(
            SecureRandom.getInstance("DRBG"),
            SecureRandom.getInstance("SHA1PRNG"),
            new SecureRandom());
    Set<Long> numbers = ConcurrentHashMap.newKeySet();
    AtomicBoolean end = new AtomicBoolean();
    ExecutorService drawing = Executors.newSingleThreadExecutor();
    Future<Integer> drawn =
        drawing.submit(
            () -> {
              int count = 0;
              while (!end.get()) {
                for (SecureRandom random : randoms) {
                  assertThat(numbers.add(random.nextLong())).isTrue();
                  count++;
                }
                assertThat(numbers.add(UUID.randomUUID().getLeastSignificantBits())).isTrue();
              }
              return count;
            });
    try {
      for (int cycle = 0; cycle < 10; cycle++) {
        resource.beforeCheckpoint(null);
        resource.afterRestore(null);
      }
    } finally {
      end.set(true);
    }

    assertThat(drawn.get(10, TimeUnit.SECONDS)).isPositive();
    drawing.shutdownNow();
  }

  @Test
  @DisplayName("An application sees the provider, algorithm and parameters that it would see")
  void nothingStandsInBetween() throws Exception {
    SecureRandom random = SecureRandom.getInstance("DRBG");

    assertThat(random.getProvider().getName()).isEqualTo("SUN");
    assertThat(random.getAlgorithm()).isEqualTo("DRBG");
    assertThat(random.getParameters()).isNotNull();
    assertThat(Rewind.spiOf(random).getClass()).hasToString("class sun.security.provider.DRBG");
    assertThat(JDK.field(SecureRandom.class, "threadSafe").find(random))
        .as("no lock around each call")
        .isEqualTo(true);
    Provider.Service service = random.getProvider().getService("SecureRandom", "DRBG");
    assertThat(service.getAttribute("ThreadSafe")).isEqualTo("true");
    assertThat(random.getProvider().getServices()).contains(service);
  }

  @Test
  @DisplayName("The default algorithm of every provider stays what it was")
  void defaultStays() {
    assertThat(new SecureRandom().getAlgorithm()).isEqualTo("NativePRNG");
    assertThat(
            Arrays.stream(Security.getProviders())
                .flatMap(provider -> provider.getServices().stream())
                .filter(service -> service.getType().equals("SecureRandom"))
                .map(Provider.Service::getAlgorithm))
        .contains("DRBG", "SHA1PRNG", "NativePRNG");
  }

  @Test
  @DisplayName("A generator that nobody holds any more is collected")
  void generatorsAreNotKept() throws Exception {
    SecureRandom random = SecureRandom.getInstance("DRBG");
    random.nextInt();
    resource.beforeCheckpoint(null);
    resource.afterRestore(null);
    WeakReference<Object> spi = new WeakReference<>(Rewind.spiOf(random));
    random = null;

    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () -> {
              System.gc();
              return spi.get() == null;
            });
  }
}
