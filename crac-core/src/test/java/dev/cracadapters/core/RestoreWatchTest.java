/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.listen.Rebind;
import dev.cracadapters.core.support.RestoreWatch;
import java.net.InetSocketAddress;
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

  @Test
  @DisplayName("has a listener moved by the restore that it sees, and by none before")
  void movesOnce() throws Exception {
    InetSocketAddress first = new InetSocketAddress("127.0.0.1", 8080);
    InetSocketAddress second = new InetSocketAddress("127.0.0.1", 8081);
    RestoreWatch watch = RestoreWatch.begin();
    Map<String, String> swapped = Map.of("crac.listen.8080", "8081", "crac.listen.8081", "8080");
    RestoreInfo.publish(new RestoreInfo(Instant.EPOCH, "swaps", Map.of(), swapped, List.of()));

    assertThat(Rebind.addressAtRestore(first, watch)).isEqualTo(second);
    // A checkpoint of that process, which is rehearsed or refused, leaves it where it is.
    assertThat(Rebind.addressAtRestore(second, RestoreWatch.begin())).isEqualTo(second);
  }

  @Test
  @DisplayName("knows whether it began in the latest walk")
  void ofLatestWalk() {
    RestoreWatch.walkBegins();
    RestoreWatch watch = RestoreWatch.begin();
    assertThat(watch.isOfLatestWalk()).isTrue();
    RestoreWatch.walkBegins();
    assertThat(watch.isOfLatestWalk()).isFalse();
  }
}
