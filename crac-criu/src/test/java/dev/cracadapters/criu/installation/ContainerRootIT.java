/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A container's root, who lacks SYS_ADMIN,")
class ContainerRootIT {

  /** What Docker gives a container that asks for nothing. */
  private static final String USUAL =
      "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,"
          + "+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap";

  @TempDir Path folder;

  @BeforeEach
  void canDropCapabilities() {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static String[] root(String more) {
    return new String[] {"setpriv", "--inh-caps=-all", "--bounding-set=" + USUAL + more};
  }

  @Tag("essential")
  @Test
  @DisplayName("needs CHECKPOINT_RESTORE and SYS_PTRACE added, and nothing else")
  void added() throws Exception {
    String[] root = root(",+checkpoint_restore,+sys_ptrace");
    Path target = folder.resolve("image");
    try (RunningProcess original = Services.command(target).by(root).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service =
          new Image(target).restore().by(root).start(folder, "restored" + turn)) {
        service.awaitLine("restored ");
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
  }

  @Test
  @DisplayName("is refused without CHECKPOINT_RESTORE, before anything is stopped")
  void notAdded() throws Exception {
    try (RunningProcess service =
        Services.command(folder.resolve("image"))
            .by(root(",+sys_ptrace"))
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CRIU: this root lacks the capability CHECKPOINT_RESTORE")
          .contains("Run the container with --cap-add=CHECKPOINT_RESTORE");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }
}
