/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.core.TestResource.Side;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Resources of a group that a {@link ResourceFinder} finds during the walk. */
@DisplayName("Resources that go side by side, with some that are found in the walk")
@Timeout(60)
class SideBySideFinderTest {

  private final OwnCoordinator own = new OwnCoordinator();

  /** Finds resources of phase 1. */
  private class Finder extends TestResource implements ResourceFinder {

    private final List<Side> found;

    Finder(int phase, Side... found) {
      super("finder", phase, own.calls);
      this.found = List.of(found);
    }

    @Override
    public List<Side> findResources() {
      own.calls.add("find");
      return found;
    }
  }

  private Side unregistered(String name) {
    return new Side(name, 1, own.calls);
  }

  @Test
  @DisplayName("are joined by those that are found when the walk comes to their phase")
  void found() throws Exception {
    own.coordinator.register(new Finder(1, unregistered("late"), unregistered("later")));
    own.addSide("a", 1);
    own.add("first", 2);

    CheckpointReport report = own.checkpoint();

    assertThat(own.calls.subList(0, 5))
        .containsExactly(
            "down first",
            "find",
            "tell a [a, late, later]",
            "tell late [a, late, later]",
            "tell later [a, late, later]");
    assertThat(own.calls.subList(5, 8))
        .containsExactlyInAnyOrder("down a", "down late", "down later");
    assertThat(own.calls.subList(8, 10)).containsExactly("down finder", "up finder");
    assertThat(own.calls.subList(10, 13)).containsExactlyInAnyOrder("up a", "up late", "up later");
    assertThat(own.calls.subList(13, 14)).containsExactly("up first");
    assertThat(report.resources())
        .extracting(ResourceWalk::name)
        .containsExactly("first", "a", "finder");
  }

  @Test
  @DisplayName("stand before their finder where none of their kind is registered, for one walk")
  void foundAlone() throws Exception {
    own.add("last", 1);
    own.coordinator.register(new Finder(1, unregistered("late")));
    own.add("other", 1);

    own.checkpoint();
    own.checkpoint();

    List<String> walk =
        List.of(
            "find",
            "down other",
            "tell late [late]",
            "down late",
            "down finder",
            "down last",
            "up last",
            "up finder",
            "up late",
            "up other");
    assertThat(own.calls.subList(0, 10)).isEqualTo(walk);
    assertThat(own.calls.subList(10, 20)).isEqualTo(walk);
  }

  @Test
  @DisplayName("fail by their own name where they were found, and all come back")
  void foundFails() {
    Side late = unregistered("late");
    late.onDown(
        () -> {
          throw new IllegalStateException("late is broken");
        });
    own.coordinator.register(new Finder(1, late));
    own.addSide("a", 1);

    assertThat(own.refused()).extracting(Throwable::getMessage).containsExactly("late is broken");
    assertThat(own.calls).contains("down a", "down finder", "up finder", "up a", "up late");
  }

  @Test
  @DisplayName("go on without those that cannot be looked for, which is the finder's failure")
  void cannotBeFound() {
    own.coordinator.register(
        new Finder(1) {
          @Override
          public List<Side> findResources() {
            throw new IllegalStateException("nobody knows");
          }
        });
    own.addSide("a", 1);

    assertThat(own.refused()).extracting(Throwable::getMessage).containsExactly("nobody knows");
    assertThat(own.calls).contains("down a", "up a", "down finder", "up finder");
  }
}
