/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.support.RestoreWatch;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A watch for restores") // here, since only this package can tell of one
class RestoreWatchTest {

  private static RestoreInfo restore(String instanceId) {
    return new RestoreInfo(Instant.EPOCH, instanceId, Map.of(), Map.of(), List.of());
  }

  @Test
  @DisplayName("sees those since it began, however often it is asked")
  void since() {
    RestoreInfo.publish(restore("before"));
    RestoreWatch watch = RestoreWatch.begin();
    assertThat(watch.isRestored()).isFalse();

    RestoreInfo since = restore("since");
    RestoreInfo.publish(since);

    assertThat(watch.isRestored()).isTrue();
    assertThat(watch.isRestored()).isTrue();
    assertThat(watch.restore()).containsSame(since);
    assertThat(RestoreWatch.begin().restore()).isEmpty();
  }
}
