/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.RequiresCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("soak")
@RequiresCriu
@DisplayName("A service that is the first process of a container")
class ContainerIT extends RuncFixture {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final List<String> OPTIONS =
      List.of(
          "-Xmx128m",
          "-Dcrac.engine=pause",
          "-Dcrac.pause=external",
          "-Dcrac.pause.timeout=120s",
          "-Dcrac.pause.ready-file=" + Bundle.RUN.resolve("ready"));
  private static final String GO_FILE = "-Dcrac.pause.go-file=" + Bundle.RUN.resolve("go");

  private static Bundle bundle(String name, String... more) throws Exception {
    List<String> options = new ArrayList<>(OPTIONS);
    options.addAll(List.of(more));
    return Bundle.ofService(folder.resolve(name), options);
  }

  private static Path image(String name) throws Exception {
    return Files.createDirectory(folder.resolve(name));
  }

  /** Restores it with the same ready file that the first one wrote. */
  private static Door restored(Bundle bundle, Door first, Path image, String id) throws Exception {
    Files.copy(first.folder().resolve("ready"), bundle.run().resolve("ready"));
    runc.call(
        bundle.detached(
            "restore", id, "--image-path", image.toString(), "--work-path", image.toString()));
    return new Door(bundle.run());
  }

  private static void assertBack(Door door) throws Exception {
    assertThat(door.ask("state")).isEqualTo(Door.ONCE_MORE);
    boolean gone = Deadline.after(LIMIT).await(() -> !door.isReady());
    assertThat(gone).as("the ready file is gone").isTrue();
  }

  @Test
  @DisplayName("goes on serving by a signal, and knows that it was not restored")
  void goesOn() throws Exception {
    Bundle bundle = bundle("goes-on", GO_FILE);
    Door door = new Door(bundle.run());
    String id = runc.newId();
    runc.call(bundle.detached("run", id));
    door.bringDown();
    assertThat(door.pid()).isEqualTo(1);
    runc.call(Runc.checkpoint(image("goes-on-image"), id, "--leave-running"));
    runc.call(List.of("kill", id, "CONT"));
    assertBack(door);
    assertThat(door.ask("instance")).isEqualTo("none");
    assertThat(door.ask("add 1")).isEqualTo("sum=42");
  }

  @Tag("essential")
  @Test
  @DisplayName("is restored as two containers, one told by a go file, one by a signal")
  void twice() throws Exception {
    Bundle bundle = bundle("first", GO_FILE);
    Path image = image("image");
    Door original = new Door(bundle.run());
    String id = runc.newId();
    runc.call(bundle.detached("run", id));
    original.bringDown();
    runc.call(Runc.checkpoint(image, id));

    Bundle one = bundle("one", GO_FILE);
    new Door(one.run()).go("CRAC_INSTANCE_ID=pod-1", "PORT=8081", "CRAC_ARGUMENT=--one");
    Door first = restored(one, original, image, runc.newId());
    String secondId = runc.newId();
    Door second = restored(bundle("two", GO_FILE), original, image, secondId);
    runc.call(List.of("kill", secondId, "CONT"));
    assertBack(first);
    assertBack(second);
    assertThat(first.ask("instance")).isEqualTo("pod-1");
    assertThat(first.ask("environment PORT")).isEqualTo("8081");
    assertThat(first.ask("environment BORN")).isEqualTo("in a container");
    assertThat(first.ask("arguments")).isEqualTo("[--one]");
    assertThat(second.ask("instance")).hasSize(36);
    assertThat(second.ask("environment PORT")).isEqualTo("null");
    assertThat(first.ask("add 1")).isEqualTo("sum=42");
    assertThat(second.ask("add 2")).isEqualTo("sum=43");
  }

  @Test
  @DisplayName("sees by itself that it was restored, where it was given no go file")
  void byItself() throws Exception {
    Bundle bundle = bundle("alone");
    Path image = image("alone-image");
    Door original = new Door(bundle.run());
    String id = runc.newId();
    runc.call(bundle.detached("run", id));
    original.bringDown();
    runc.call(Runc.checkpoint(image, id));
    Door first = restored(bundle("alone-1"), original, image, runc.newId());
    Door second = restored(bundle("alone-2"), original, image, runc.newId());
    assertBack(first);
    assertBack(second);
    assertThat(first.ask("instance")).hasSize(36).isNotEqualTo(second.ask("instance"));
  }
}
