/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.installation.Rights.Capability;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The rights that CRIU has")
class RightsTest {

  private static final int LAST = 40;
  private static final String FULL = "000001ffffffffff";
  private static final String DOCKER = "00000000a80425fb";
  private static final String NONE = "0000000000000000";
  private static final long THREE = 1L << 40 | 1L << 19 | 1L << 8;

  @TempDir Path folder;

  private static Map<String, String> status(
      long uid, String own, String ambient, String bounding, int frozen) {
    String ids = "%1$d\t%1$d\t%1$d\t%1$d".formatted(uid);
    return Map.of(
        "Name", "java",
        "Uid", ids,
        "Gid", ids,
        "Groups", "4 27",
        "CapInh", ambient,
        "CapPrm", own,
        "CapEff", own,
        "CapBnd", bounding,
        "CapAmb", ambient,
        "NoNewPrivs", Integer.toString(frozen));
  }

  private static Rights user(String ambient, String bounding, int frozen, long file, int scope) {
    return Rights.of(status(1000, ambient, ambient, bounding, frozen), file, scope, LAST);
  }

  private static List<Capability> missing(Rights rights) {
    return rights.missing().stream().map(Rights.Need::capability).toList();
  }

  @Test
  @DisplayName("are all there for root, who needs no further word")
  void root() {
    Rights rights = Rights.of(status(0, FULL, NONE, FULL, 0), 0, 1, LAST);
    assertThat(missing(rights)).isEmpty();
    assertThat(rights.unprivileged()).isFalse();
  }

  @Test
  @DisplayName("of a container's root lack what the container was not given")
  void containerRoot() {
    Rights rights = Rights.of(status(0, DOCKER, NONE, DOCKER, 0), 0, 1, LAST);
    assertThat(missing(rights))
        .containsExactly(Capability.CHECKPOINT_RESTORE, Capability.SYS_PTRACE);
    assertThat(rights.unprivileged()).isTrue();
    assertThat(CapabilityRemedy.of(rights, Path.of("/usr/sbin/criu")))
        .isEqualTo(
            "Run the container with --cap-add=CHECKPOINT_RESTORE --cap-add=SYS_PTRACE"
                + " --cap-add=SETPCAP (in Kubernetes securityContext: {capabilities: {add:"
                + " [CHECKPOINT_RESTORE, SYS_PTRACE, SETPCAP]}})");
  }

  @Test
  @DisplayName("of an ordinary user are none")
  void ordinary() {
    Rights rights = user(NONE, DOCKER, 0, 0, 1);
    assertThat(missing(rights))
        .containsExactly(Capability.CHECKPOINT_RESTORE, Capability.SYS_PTRACE, Capability.SETPCAP);
    assertThat(rights.unprivileged()).isTrue();
    assertThat(CapabilityRemedy.of(rights, Path.of("/usr/sbin/criu")))
        .isEqualTo(
            "Give them to CRIU (setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip"
                + " /usr/sbin/criu; in a container also --cap-add=CHECKPOINT_RESTORE"
                + " --cap-add=SYS_PTRACE --cap-add=SETPCAP), or give them to the JVM (in a systemd"
                + " unit: AmbientCapabilities=CAP_CHECKPOINT_RESTORE CAP_SYS_PTRACE CAP_SETPCAP; as"
                + " root in a shell: setpriv --inh-caps=+checkpoint_restore,+sys_ptrace,+setpcap"
                + " --ambient-caps=+checkpoint_restore,+sys_ptrace,+setpcap --reuid=1000 java"
                + " ...)");
  }

  @Test
  @DisplayName("are not to be given to a file that is a script, to which the kernel gives none")
  void script() throws Exception {
    Path script = Services.script(folder.resolve("criu"), "#!/bin/sh", "exec criu");
    assertThat(CapabilityRemedy.of(user(NONE, DOCKER, 0, 0, 1), script))
        .startsWith("Run as root, or give them to the JVM (in a systemd unit: AmbientCapabilities=")
        .doesNotContain("setcap");
  }

  @Test
  @DisplayName("need no SYS_PTRACE where Yama lets a user look into the user's own processes")
  void noYama() {
    assertThat(missing(user(NONE, FULL, 0, 1L << 40, 0))).isEmpty();
    assertThat(missing(user(NONE, FULL, 0, 1L << 40, 1))).containsExactly(Capability.SYS_PTRACE);
  }

  @Test
  @DisplayName("need SYS_PTRACE where the JVM has capabilities that CRIU has not")
  void moreThanCriu() {
    Rights rights = Rights.of(status(1000, "0000000000000400", NONE, FULL, 0), 1L << 40, 0, LAST);
    assertThat(missing(rights)).containsExactly(Capability.SYS_PTRACE);
    assertThat(rights.needed().get(1).reason()).contains("capabilities which CRIU has not");
  }

  @Test
  @DisplayName("need SETPCAP where the bounding set is limited, unless no privileges can be gained")
  void setPcap() {
    assertThat(missing(user("0000010000000000", DOCKER, 0, 0, 0)))
        .containsExactly(Capability.SETPCAP);
    assertThat(missing(user("0000010000000000", FULL, 0, 0, 0))).isEmpty();
    assertThat(missing(user("0000010000000000", DOCKER, 1, 0, 0))).isEmpty();
  }

  @Test
  @DisplayName(
      "come from its file in place of the ambient ones, unless no privileges can be gained")
  void file() {
    assertThat(missing(user(NONE, FULL, 0, THREE, 1))).isEmpty();
    assertThat(missing(user("0000000000000400", FULL, 0, THREE, 1))).isEmpty();
    assertThat(missing(user(NONE, FULL, 1, THREE, 1)))
        .containsExactly(Capability.CHECKPOINT_RESTORE, Capability.SYS_PTRACE);
    assertThat(missing(user(NONE, DOCKER, 0, THREE, 1)))
        .as("a file cannot give what the bounding set has not")
        .containsExactly(Capability.CHECKPOINT_RESTORE, Capability.SYS_PTRACE);
  }

  @Test
  @DisplayName("must be SYS_ADMIN on a kernel before 5.9")
  void oldKernel() {
    assertThat(missing(Rights.of(status(1000, NONE, NONE, "0000003fffffffff", 0), 0, 0, 37)))
        .containsExactly(Capability.SYS_ADMIN);
  }

  @Test
  @DisplayName("help nobody where no process may be looked into")
  void noPtrace() throws Exception {
    CriuCommand criu =
        CriuCommand.find(Services.script(folder.resolve("criu"), "#!/bin/sh").toString());
    assertThatThrownBy(() -> criu.checkRights(user(NONE, FULL, 0, THREE, 3)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("kernel.yama.ptrace_scope is 3");
    assertThatCode(() -> criu.checkRights(user(NONE, FULL, 0, THREE, 2)))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> criu.checkRights(user("0000010000000000", DOCKER, 0, 0, 1)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(
            "CRIU: the user 1000 lacks the capability SYS_PTRACE (to look into the JVM, because"
                + " kernel.yama.ptrace_scope is 1) and the capability SETPCAP (to limit");
  }

  @Test
  @DisplayName("are told to the restore script as those of the process")
  void values() {
    assertThat(user("0000010000000000", DOCKER, 0, 0, 0).ofTheProcess())
        .containsEntry("process_user", "1000:1000")
        .containsEntry("process_groups", "4 27")
        .containsEntry("process_capabilities", "0x10000000000")
        .containsEntry("process_bounded", "true");
  }

  @Test
  @DisplayName("are read from what getcap says, in its older and its newer form")
  void getcap() throws Exception {
    String names = "cap_setpcap,cap_sys_ptrace,cap_checkpoint_restore";
    assertThat(FileCapabilities.parse("/opt/my criu " + names + "=eip")).isEqualTo(THREE);
    assertThat(FileCapabilities.parse("/usr/sbin/criu = " + names + "+eip")).isEqualTo(THREE);
    assertThat(FileCapabilities.parse("")).isZero();
    assertThat(FileCapabilities.of(Services.script(folder.resolve("a"), "#!/bin/sh"))).isZero();
    assertThat(FileCapabilities.of(Files.writeString(folder.resolve("b"), "text"))).isZero();
  }

  @Test
  @DisplayName("are those of this process")
  void here() throws Exception {
    Rights rights = Rights.of(Path.of("/bin/sh"));
    assertThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid")).isEqualTo((int) rights.uid());
    assertThat(rights.lastCapability()).isGreaterThanOrEqualTo(37);
  }
}
