/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The choice of an engine")
class EnginesTest {

  private static final CheckpointRequest REQUEST =
      new CheckpointRequest(null, List.of(), List.of(), List.of(), 0, false);
  private static final RefusedException NOT_INSTALLED =
      new RefusedException("criu", "it is not installed", "install it");

  private record TestEngine(String name, int rank, @Nullable RefusedException reason)
      implements CheckpointEngine {

    @Override
    public Optional<RefusedException> unavailable(CheckpointRequest request) {
      return Optional.ofNullable(reason);
    }

    @Override
    public Snapshot checkpoint(CheckpointRequest request) {
      return new Snapshot(null, null);
    }
  }

  private static CheckpointEngine works(String name, int rank) {
    return new TestEngine(name, rank, null);
  }

  @Test
  @DisplayName("finds what is installed: the pause engine")
  void installed() throws Exception {
    assertThat(Engines.choose("pause", REQUEST)).isInstanceOf(PauseEngine.class);
    assertThat(Engines.choose(Engines.AUTO, REQUEST)).isInstanceOf(PauseEngine.class);
  }

  @Test
  @DisplayName("does not depend on the thread's context class loader")
  void contextClassLoader() throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      assertThat(Engines.choose("pause", REQUEST)).isInstanceOf(PauseEngine.class);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  @DisplayName("is by name, whatever its rank")
  void byName() throws Exception {
    CheckpointEngine low = works("low", 1);

    assertThat(Engines.choose("low", REQUEST, List.of(works("high", 2), low))).isSameAs(low);
  }

  @Test
  @DisplayName("falls on the highest rank when it is left open")
  void auto() throws Exception {
    CheckpointEngine highest = works("highest", 20);

    assertThat(
            Engines.choose(
                "auto", REQUEST, List.of(works("low", -5), highest, works("middle", 10))))
        .isSameAs(highest);
  }

  @Test
  @DisplayName("refuses an engine of the highest rank that cannot work: it takes no other instead")
  void noFallBack() {
    assertThatThrownBy(
            () ->
                Engines.choose(
                    "auto",
                    REQUEST,
                    List.of(works("pause", 0), new TestEngine("criu", 10, NOT_INSTALLED))))
        .isSameAs(NOT_INSTALLED);
  }

  @Test
  @DisplayName("refuses a named engine that cannot work")
  void namedUnavailable() {
    assertThatThrownBy(
            () ->
                Engines.choose(
                    "criu",
                    REQUEST,
                    List.of(works("pause", 0), new TestEngine("criu", 10, NOT_INSTALLED))))
        .isSameAs(NOT_INSTALLED);
  }

  @Test
  @DisplayName("tells the names that there are to who gives another")
  void unknown() {
    assertThatThrownBy(
            () -> Engines.choose("polaroid", REQUEST, List.of(works("pause", 0), works("disk", 5))))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "engine polaroid: there is none of this name on the class path"
                + " (there are: disk, pause). set crac.engine to one of them, or to auto");
  }

  @Test
  @DisplayName("tells who wants criu which dependency brings it")
  void criu() {
    assertThatThrownBy(() -> Engines.choose("criu", REQUEST))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("there is none of this name on the class path")
        .hasMessageEndingWith("add the dependency dev.cracadapters:crac-criu");
  }

  @Test
  @DisplayName("refuses where an image is asked for and only the pause is left to choose")
  void imageByPause() throws Exception {
    CheckpointRequest withImage =
        new CheckpointRequest(Path.of("/images/1"), List.of(), List.of(), List.of(), 0, false);

    assertThatThrownBy(() -> Engines.choose(Engines.AUTO, withImage))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "image /images/1: it was asked for, and no engine on the class path writes one: there is"
                + " only the pause. add the dependency dev.cracadapters:crac-criu, or set"
                + " crac.engine=pause to go down and up without an image");
    assertThat(Engines.choose("pause", withImage)).isInstanceOf(PauseEngine.class);
    for (String asked : List.of("crac.pause=external", "crac.pause.file=/tmp/pause")) {
      String property = asked.substring(0, asked.indexOf('='));
      System.setProperty(property, asked.substring(asked.indexOf('=') + 1));
      try {
        assertThat(Engines.choose(Engines.AUTO, withImage)).isInstanceOf(PauseEngine.class);
      } finally {
        System.clearProperty(property);
      }
    }
  }

  @Test
  @DisplayName("is refused when an engine's jar is broken")
  void broken() {
    ServiceConfigurationError error = new ServiceConfigurationError("criu: Provider not found");
    Iterable<CheckpointEngine> engines =
        () -> {
          throw error;
        };

    assertThatThrownBy(() -> Engines.choose("auto", REQUEST, engines))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("criu: Provider not found")
        .hasCause(error);
  }
}
