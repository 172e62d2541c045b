/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.restore.BelowTmp;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an ordinary user's clones share, and how a tool tells them apart. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user's clones")
class RootlessCloneIT extends RootlessFixture {

  private static final int LINES = 100;
  private static final String CALL = "call " + BelowTmp.class.getName() + ' ';

  private int runs;

  @BeforeEach
  void userNamespaces() throws Exception {
    List<String> command = new ArrayList<>(List.of(USER.by()));
    command.addAll(List.of("unshare", "--user", "--map-root-user", "true"));
    try (RunningProcess unshare =
        RunningProcess.start(command, Map.of(), ofTheUser, name + "-unshare")) {
      assumeTrue(unshare.awaitExit() == 0, "an ordinary user cannot make user namespaces here");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("write to the machine's files below /tmp: a log has every event")
  void logs() throws Exception {
    Path log = ofTheUser.resolve("common.log");
    try (RunningProcess one = restored(image.restore("--clone").by(USER.by()), "1");
        RunningProcess two = restored(image.restore("--clone").by(USER.by()), "2")) {
      one.send(CALL + "logMany " + log + " one " + LINES);
      two.send(CALL + "logMany " + log + " two " + LINES);
      one.awaitLine("called logged");
      two.awaitLine("called logged");
      end(one);
      end(two);
    }
    assertThat(Files.readAllLines(log)).hasSize(2 * LINES);
    assertNothingOfTheirOwn();
  }

  @Test
  @DisplayName("are each reached by jcmd, by root and by the user, and see their own counters")
  void tools() throws Exception {
    String pid = Long.toString(image.pid());
    try (RunningProcess one = restored(image.restore("--clone").by(USER.by()), "1");
        RunningProcess two = restored(image.restore("--clone").by(USER.by()), "2")) {
      for (RunningProcess clone : List.of(one, two)) {
        String outer = Long.toString(clone.below(image.pid()).orElseThrow());
        jcmd(List.of(), outer, "VM.set_flag", "HeapDumpPath", "/of" + outer);
        jcmd(List.of(USER.by()), outer, "VM.set_flag", "MinHeapFreeRatio", "17");
        jcmd(List.of(USER.by()), outer, "VM.set_flag", "MinHeapFreeRatio", outer.substring(0, 1));
      }
      for (RunningProcess clone : List.of(one, two)) {
        String outer = Long.toString(clone.below(image.pid()).orElseThrow());
        assertThat(ask(clone, "flag HeapDumpPath", "flag")).endsWith("=/of" + outer);
        assertThat(ask(clone, CALL + "list /tmp/hsperfdata_" + userName(), "called"))
            .isEqualTo("called listed [" + pid + "]");
        end(clone);
      }
    }
    assertNothingOfTheirOwn();
  }

  @Test
  @DisplayName("are reached, too, when the process had been attached to before the checkpoint")
  void attachedBefore() throws Exception {
    Path target = ofTheUser.resolve("image-attached");
    try (RunningProcess original = service(target).by(USER.by(ALL)).start(ofTheUser, name)) {
      original.awaitLine("ready");
      jcmd(List.of(), Long.toString(original.pid()), "VM.uptime");
      Services.checkpoint(original);
    }
    Image attached = new Image(target);
    try (RunningProcess plain = restored(attached.restore().by(USER.by(ALL)), "-plain")) {
      jcmd(List.of(), Long.toString(attached.pid()), "VM.uptime");
      end(plain);
    }
    try (RunningProcess clone = restored(attached.restore("--clone").by(USER.by()), "-clone")) {
      String outer = Long.toString(clone.below(attached.pid()).orElseThrow());
      jcmd(List.of(), outer, "VM.set_flag", "HeapDumpPath", "/clone");
      assertThat(ask(clone, "flag HeapDumpPath", "flag")).endsWith("=/clone");
      end(clone);
    }
    assertNothingOfTheirOwn();
  }

  private static String userName() throws Exception {
    return Files.readAllLines(Path.of("/etc/passwd")).stream()
        .map(line -> line.split(":"))
        .filter(words -> words[2].equals(Long.toString(USER.uid())))
        .map(words -> words[0])
        .findFirst()
        .orElseThrow();
  }

  private void jcmd(List<String> user, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(user);
    words.add(Path.of(System.getProperty("java.home"), "bin/jcmd").toString());
    words.addAll(List.of(arguments));
    try (RunningProcess process =
        RunningProcess.start(words, Map.of(), ofTheUser, name + "-jcmd" + runs++)) {
      assertThat(process.awaitExit()).as(words + process.told()).isZero();
    }
  }

  private static void assertNothingOfTheirOwn() throws Exception {
    assertThat(Services.names(ofTheUser)).noneMatch(file -> file.startsWith("crac-clone"));
    assertThat(Path.of("/tmp/.java_pid" + image.pid())).doesNotExist();
    assertThat(Services.names(Path.of("/tmp"))).noneMatch(file -> file.startsWith(".java_pidx"));
  }
}
