/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.CapableCriu;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which capabilities and files an ordinary user has to have, and what is said without them. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user, depending on its rights")
class RootlessRightsIT extends RootlessFixture {

  private static final OrdinaryUser OTHER = new OrdinaryUser(64123);

  private String refusedCheckpoint(JvmCommand command) throws Exception {
    Path target = ofTheUser.resolve("image-" + name);
    try (RunningProcess service = command.start(ofTheUser, name)) {
      service.awaitLine("ready");
      String refusal = ask(service, "checkpoint", "refused");
      assertThat(ask(service, "state", "state")).as("the walk").contains("calls=[]");
      end(service);
      assertThat(target).doesNotExist();
      return refusal;
    }
  }

  @Test
  @DisplayName("needs CHECKPOINT_RESTORE alone where the JVM can get no new privileges")
  void noNewPrivileges() throws Exception {
    Path target = ofTheUser.resolve("image-frozen");
    String[] user = USER.by("checkpoint_restore");
    try (RunningProcess original =
        service(target).by("setpriv", "--no-new-privs").by(user).start(ofTheUser, name)) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    try (RunningProcess service = restored(new Image(target).restore().by(user), "-restored")) {
      assertIsTheUsers(service, new Image(target).pid());
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("is refused without CHECKPOINT_RESTORE, before anything is stopped")
  void withoutCheckpointRestore() throws Exception {
    assertThat(
            refusedCheckpoint(
                service(ofTheUser.resolve("image-" + name)).by(USER.by("sys_ptrace", "setpcap"))))
        .contains("CRIU: the user 65534 lacks the capability CHECKPOINT_RESTORE (")
        .contains("CAP_CHECKPOINT_RESTORE CAP_S");
    assertThat(refusal(image.restore().by(USER.by("sys_ptrace", "setpcap"))))
        .contains("user 65534 lacks the capability CHECKPOINT_RESTORE")
        // A script gets none from its file.
        .contains(
            FileCapabilities.isScript(criu)
                ? "--ambient-caps=+checkpoint_restore,+sys_ptrace,+setpcap"
                : "setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip " + criu);
  }

  @Test
  @DisplayName("is refused without SETPCAP, before anything is stopped")
  void withoutSetPcap() throws Exception {
    String[] two = {"checkpoint_restore", "sys_ptrace"};
    assertThat(refusedCheckpoint(service(ofTheUser.resolve("image-" + name)).by(USER.by(two))))
        .contains("CRIU: the user 65534 lacks the capability SETPCAP (to limit")
        .contains("AmbientCapabilities=CAP_CHECKPOINT_RESTORE CAP_S");
    assertThat(refusal(image.restore().by(USER.by(two))))
        .contains("user 65534 lacks the capability SETPCAP");
  }

  @Test
  @DisplayName("needs none when CRIU's file has them")
  void fileCapabilities() throws Exception {
    Path capable = CapableCriu.in(folder, criu);
    Path target = ofTheUser.resolve("image-capable");
    try (RunningProcess original =
        service(target).property("crac.criu", capable).by(USER.by()).start(ofTheUser, name)) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    Image taken = new Image(target);
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(taken.restore().by(USER.by()), "-restored" + turn)) {
        assertIsTheUsers(service, taken.pid());
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
  }

  @Test
  @DisplayName("is freed of a CRIU that hangs for want of SETPCAP, where nobody foresaw it")
  void hangs() throws Exception {
    Image unforeseen = new Image(ofTheUser.resolve("unforeseen"));
    Services.copy(image.folder(), unforeseen.folder());
    unforeseen.edit(
        text -> {
          assertThat(text).contains("process_bounded='true'", "limit_seconds='60'");
          return text.replace("process_bounded='true'", "process_bounded='false'")
              .replace("limit_seconds='60'", "limit_seconds='2'")
              .replaceAll("process_capabilities='.*'", "process_capabilities='0x0'");
        });
    USER.give(unforeseen.folder());
    assertThat(refusal(unforeseen.restore().by(USER.by("checkpoint_restore", "sys_ptrace"))))
        .contains("the process was not back in service within 2 s: ")
        .containsPattern("Unable to drop capability|Unable to restore capabilities");
    assertThat(Path.of("/proc/" + image.pid())).doesNotExist();
  }

  @Test
  @DisplayName("cannot restore a process that had more capabilities")
  void fewerCapabilities() throws Exception {
    assertThat(refusal(image.restore().by(USER.by("checkpoint_restore", "setpcap"))))
        .contains("the process had the capabilities 0x10000080100, and user 65534 has only 0x");
  }

  @Test
  @DisplayName("cannot restore another's process")
  void another() throws Exception {
    try (RunningProcess process = image.restore().by(OTHER.by(ALL)).start(ofTheUser, name)) {
      assertThat(process.awaitExit()).as(process.told()).isNotZero();
      assertThat(process.error()).contains("Permission denied");
    }
    Image copy = new Image(folder.resolve("copy"));
    Services.copy(image.folder(), copy.folder());
    OTHER.give(copy.folder());
    Path own = Files.createDirectory(folder.resolve("other"));
    OTHER.give(own);
    assertThat(refusal(copy.restore().environment("TMPDIR", own.toString()).by(OTHER.by(ALL))))
        .contains(
            "the process was that of user and group 65534:65534, and this is 64123:64123: restore"
                + " it as that user, or as root");
  }

  @Test
  @DisplayName("is told that another's pipe cannot be the process's standard input")
  void foreignPipe() throws Exception {
    assertThat(refusal(image.restore().by(USER.withoutPipe(ALL))))
        .contains("standard input is a pipe of another user, which 65534 may not open again");
  }
}
