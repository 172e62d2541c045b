/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.FullTmpfs;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an ordinary user's process is like when that user, or root, restores it. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user")
class RootlessIT extends RootlessFixture {

  @Tag("essential")
  @Test
  @DisplayName("with three capabilities restores the process, as often as one likes")
  void walk() throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "" + turn)) {
        assertIsTheUsers(service, image.pid());
        assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
  }

  @Test
  @DisplayName("does not mind what another's process of that PID has left in /tmp")
  void leftByAnother() throws Exception {
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    List<Path> left = List.of(socket, Path.of(socket + ".tmp"));
    for (Path one : left) {
      Files.deleteIfExists(one); // another JVM's, of long ago
      Files.createFile(one);
    }
    try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "")) {
      assertIsTheUsers(service, image.pid());
      assertThat(service.error()).isEmpty();
      end(service);
      assertThat(left).allMatch(Files::exists);
    } finally {
      for (Path one : left) {
        Files.deleteIfExists(one);
      }
    }
  }

  @Test
  @DisplayName("is passed the signals that the restore gets")
  void signals() throws Exception {
    try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "")) {
      service.signal("TERM");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  @Test
  @DisplayName("is the only one who can read the image, whatever the umask is")
  void files() throws Exception {
    Path target = ofTheUser.resolve("image-open");
    try (RunningProcess original =
        service(target)
            .by("sh", "-c", "umask 000; exec \"$@\"", "umask")
            .by(USER.by(ALL))
            .start(ofTheUser, name)) {
      original.awaitLine("ready");
      Services.checkpoint(original);
    }
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(target)) {
      files.forEach(all::add);
    }
    assertThat(all).hasSizeGreaterThan(20);
    for (Path one : all) {
      assertThat(Files.getAttribute(one, "unix:uid")).as(one.toString()).isEqualTo(65534);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .as(one.toString())
          .endsWith("------");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("gets the process back as the user's own when root restores it")
  void byRoot() throws Exception {
    // Not in a folder of the user's, who could exchange there what root's restore makes.
    String roots = folder.toString();
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service =
          restored(image.restore().environment("TMPDIR", roots), "" + turn)) {
        assertIsTheUsers(service, image.pid());
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
    try (RunningProcess service =
        restored(image.restore("--clone").environment("TMPDIR", roots), "-clone")) {
      assertIsTheUsers(service, service.below(image.pid()).orElseThrow());
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("makes clones, even without any capability")
  void clones() throws Exception {
    assumeTrue(userNamespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess one = restored(image.restore("--clone").by(USER.by()), "1");
        RunningProcess two = restored(image.restore("--clone", "--net").by(USER.by()), "2")) {
      for (RunningProcess service : List.of(one, two)) {
        assertIsTheUsers(service, service.below(image.pid()).orElseThrow());
        assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      }
      assertThat(ask(two, "loopback 8080", "loopback")).isEqualTo("loopback 42");
      one.send("exit 7");
      assertThat(one.awaitExit()).as(one.told()).isEqualTo(7);
      two.signal("TERM");
      assertThat(two.awaitExit()).as(two.told()).isEqualTo(143);
      assertThat(two.output()).contains("shutdown hook");
    }
  }

  private boolean userNamespaces() throws Exception {
    List<String> command = new ArrayList<>(List.of(USER.by()));
    command.addAll(List.of("unshare", "--user", "--map-root-user", "true"));
    try (RunningProcess unshare =
        RunningProcess.start(command, java.util.Map.of(), ofTheUser, name + "-unshare")) {
      return unshare.awaitExit() == 0;
    }
  }

  /** A machine on which more or less time has passed since it was booted. */
  private static String[] later(int seconds) {
    return new String[] {
      "unshare",
      "--time",
      "--monotonic=" + seconds,
      "--boottime=" + seconds,
      "--fork",
      "--kill-child"
    };
  }

  @Test
  @DisplayName("restores the process an hour later, though its clock has jumped")
  void anHourLater() throws Exception {
    // Long enough for the process to wait for its mail on the new clock.
    Path slow = Files.createDirectory(ofTheUser.resolve("slow"));
    Services.script(slow.resolve("cksum"), "#!/bin/sh", "sleep 1", "exec /usr/bin/cksum \"$@\"");
    USER.give(slow);
    try (RunningProcess service =
        restored(
            image
                .restore()
                .environment("PATH", slow + ":" + System.getenv("PATH"))
                .by(USER.by(ALL))
                .by(later(3600)),
            "")) {
      assertIsTheUsers(service, image.pid());
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      end(service);
    }
  }

  @Test
  @DisplayName("is told after a reboot that the timers would stand still, and clones go on")
  void afterAReboot() throws Exception {
    String up = Files.readString(Path.of("/proc/uptime"));
    int seconds = (int) Double.parseDouble(up.substring(0, up.indexOf(' ')));
    String[] young = later(10 - seconds);
    assertThat(refusal(image.restore().by(USER.by(ALL)).by(young)))
        .contains("this machine has been up for 1")
        .contains("the process's timers would stand still until then")
        .contains("restore it with --clone, or as root");
    assumeTrue(userNamespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess service =
        restored(image.restore("--clone").by(USER.by(ALL)).by(young), "-clone")) {
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      end(service);
    }
  }

  @Test
  @DisplayName("restores without counters where these have no room, and not where nothing has")
  void fullFolders() throws Exception {
    String owned = "mode=755,uid=%d,gid=%d".formatted(USER.uid(), USER.uid());
    Path counters = Path.of("/tmp/hsperfdata_nobody");
    try (RunningProcess service =
        restored(
            image.restore().by(USER.by(ALL)).by(FullTmpfs.by(counters, 8, owned)), "counters")) {
      assertIsTheUsers(service, image.pid());
      end(service);
      assertThat(service.error()).contains(counters + " has no room for the counters");
    }
    Path full = Files.createDirectory(ofTheUser.resolve("full"));
    assertThat(
            refusal(
                image
                    .restore()
                    .environment("TMPDIR", full.toString())
                    .by(USER.by(ALL))
                    .by(FullTmpfs.by(full, 0, owned))))
        .contains("could not be written: make room there, or name another folder in TMPDIR");
  }
}
