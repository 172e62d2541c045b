/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.GarbageCollectionNotificationInfo;
import dev.cracadapters.core.Deadline;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RandomCensusTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String DRBG = "sun.security.provider.DRBG";

  @BeforeEach
  void noneIsUnknown() throws Exception {
    TrackedRandoms.install();
    RandomCensus.take(Deadline.after(LIMIT)); // finds what other code has made before
    System.gc(); // and what has been given up
  }

  @Test
  @DisplayName("Where every generator is known, the heap is counted and not collected")
  void allKnown() throws Exception {
    SecureRandom known = SecureRandom.getInstance("DRBG");
    known.nextInt();
    try (Collections collections = new Collections()) {
      assertThat(RandomCensus.take(Deadline.after(LIMIT))).isEmpty();
      assertThat(collections.byInspection()).isEmpty();

      // The other way round: the count of the live ones collects, and that is seen.
      VirtualMachine.liveObjects(Set.of(DRBG));
      assertThat(Deadline.after(LIMIT).await(() -> !collections.byInspection().isEmpty())).isTrue();
    }
    Reference.reachabilityFence(known);
  }

  @Test
  @DisplayName("The count without a collection has no fewer than the live ones")
  void countOfAll() throws Exception {
    SecureRandom kept = SecureRandom.getInstance("DRBG");
    for (int i = 0; i < 10; i++) {
      SecureRandom.getInstance("DRBG"); // given up at once
    }
    Integer all = VirtualMachine.objects(Set.of(DRBG)).get(DRBG);
    Integer live = VirtualMachine.liveObjects(Set.of(DRBG)).get(DRBG);
    assertThat(live).isPositive();
    assertThat(all).isGreaterThanOrEqualTo(live);
    Reference.reachabilityFence(kept);
  }

  @Test
  @DisplayName("A generator that is given up and was never known neither refuses nor hides another")
  void givenUp() throws Exception {
    UnknownRandomTest.untracked("DRBG");
    assertThat(RandomCensus.take(Deadline.after(LIMIT))).isEmpty();
  }

  @Test
  @DisplayName("In a histogram the lines of a class are found by its whole name, of each loader")
  void histogram() {
    String histogram =
        """
         num     #instances         #bytes  class name (module)
        -------------------------------------------------------
           1:          4711         123456  java.lang.String (java.base@17.0.15)
           2:             7            168  sun.security.provider.DRBG (java.base@17.0.15)
           3:             5            120  sun.security.provider.DRBG$1 (java.base@17.0.15)
           4:             3             72  a.sun.security.provider.DRBG
           5:             2             48  shop.Own
           6:             1             24  shop.Own
           7:             1             24  shop.Other""";

    assertThat(VirtualMachine.count(Set.of(DRBG, "shop.Own", "shop.Other", "shop.None"), histogram))
        .isEqualTo(Map.of(DRBG, 7, "shop.Own", 3, "shop.Other", 1));
  }

  /** The collections that the virtual machine does in order to count. */
  private static final class Collections implements NotificationListener, AutoCloseable {

    private final List<String> causes = new CopyOnWriteArrayList<>();
    private final List<NotificationEmitter> collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .map(NotificationEmitter.class::cast)
            .toList();

    Collections() {
      collectors.forEach(collector -> collector.addNotificationListener(this, null, null));
    }

    @Override
    public void handleNotification(Notification notification, Object handback) {
      causes.add(
          GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData())
              .getGcCause());
    }

    List<String> byInspection() {
      return causes.stream().filter(cause -> cause.startsWith("Heap Inspection")).toList();
    }

    @Override
    public void close() throws ListenerNotFoundException {
      for (NotificationEmitter collector : collectors) {
        collector.removeNotificationListener(this);
      }
    }
  }
}
