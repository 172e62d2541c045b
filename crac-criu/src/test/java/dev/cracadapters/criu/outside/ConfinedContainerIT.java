/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import static dev.cracadapters.criu.testing.Services.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.installation.SeccompProfile;
import dev.cracadapters.criu.testing.CapableCriu;
import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * With what Docker gives a container, and the two capabilities that were asked for: no SYS_ADMIN, a
 * root file system and a /proc/sys for reading, /proc in part hidden.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("In a container as Docker makes it,")
class ConfinedContainerIT extends RuncFixture {

  private static final String PROFILE = SeccompProfile.text();

  /** Docker's default forbids this as well, so that the C library takes clone instead. */
  private static final String DEFAULT =
      PROFILE.replaceFirst(
          "\"syscalls\": \\[",
          "$0 {\"names\": [\"clone3\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38},");

  private static final OrdinaryUser USER = new OrdinaryUser(4002);

  private static Path criu() throws Exception {
    return WorkingCriu.here().path().toRealPath();
  }

  private static Bundle bundle(
      String name, List<String> words, Confinement confinement, Path... binds) throws Exception {
    List<Path> all = new ArrayList<>(List.of(criu().getParent().getParent()));
    all.addAll(List.of(binds));
    return Bundle.of(folder.resolve(name), words, all, confinement);
  }

  /** A shell stays PID 1, as docker run --init has it. */
  private static RunningProcess service(
      String name, Path image, Path criu, Confinement confinement, Path... binds) throws Exception {
    List<String> words = new ArrayList<>(List.of("sh", "-c", "\"$@\"; exit $?", "init"));
    List<String> options =
        List.of(
            "-Xmx128m", "-XX:TieredStopAtLevel=1", "-Dcrac.image=" + image, "-Dcrac.criu=" + criu);
    words.addAll(Bundle.java(CommandedService.class, options));
    return runc.attached(bundle(name, words, confinement, binds), name);
  }

  private static Path image(String name) throws Exception {
    return Files.createDirectory(folder.resolve(name));
  }

  /** Taken in a container without a filter. */
  private static Path taken(String name) throws Exception {
    Path image = image(name + "-image");
    checkpoint(service(name, image, criu(), Confinement.docker(null, image)));
    return image;
  }

  private static void checkpoint(RunningProcess started) throws Exception {
    try (RunningProcess service = started) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      Services.checkpoint(service);
    }
  }

  private static RunningProcess restore(
      String name, Path image, Confinement confinement, Path... binds) throws Exception {
    List<String> words = List.of(image.resolve("restore").toString());
    return runc.attached(bundle(name, words, confinement, binds), name);
  }

  private static void assertRestored(RunningProcess started, String filter) throws Exception {
    try (RunningProcess service = started) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      // No thread escapes the container's filter.
      ask(
          service,
          "spawn grep -q '^Seccomp:.*"
              + filter
              + "' /proc/$PPID/status"
              + " && ! grep -hs '^Seccomp:' /proc/$PPID/task/*/status | grep -v '"
              + filter
              + "$'",
          "spawned 0");
      service.signal("TERM");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("a checkpoint under a seccomp filter is refused before anything is stopped")
  void filtered() throws Exception {
    Path image = image("filtered-image");
    try (RunningProcess service =
        service("filtered", image, criu(), Confinement.docker(PROFILE, image))) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CRIU: a seccomp filter is on this JVM")
          .contains("docker run --security-opt seccomp=unconfined --cap-add=CHECKPOINT_RESTORE")
          .contains("securityContext: {seccompProfile: {type: Unconfined}");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      Services.end(service);
    }
    assertThat(image).isEmptyDirectory();
  }

  @Tag("essential")
  @Test
  @DisplayName("an image is taken without one, and restored under the profile that ships, as PID 1")
  void recipe() throws Exception {
    Path image = taken("recipe");
    assertRestored(restore("recipe-plain", image, Confinement.docker(null, image)), "0");
    assertRestored(restore("recipe-profile", image, Confinement.docker(PROFILE, image)), "2");
    Confinement strict = Confinement.docker(PROFILE, image).withoutNewPrivileges();
    assertRestored(restore("recipe-strict", image, strict), "2");
    // As a layer of the container's image: for reading.
    assertRestored(restore("recipe-layer", image, Confinement.docker(PROFILE), image), "2");
  }

  @Test
  @DisplayName("a restore under the default filter says what is in the way, and the options")
  void restoredUnderTheDefault() throws Exception {
    Path image = taken("default");
    try (RunningProcess restore =
        restore("default-restore", image, Confinement.docker(DEFAULT, image))) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("ns_last_pid")
          .contains("the container's seccomp filter forbids clone3")
          .contains("doctor --seccomp-profile");
    }
  }

  @Test
  @DisplayName("tools/criu says under a filter that no CRIU can take a checkpoint")
  void tools() throws Exception {
    Path tools = Path.of(System.getProperty("crac.tools", "tools")).toRealPath();
    List<String> words = List.of(tools.resolve("criu").toString());
    try (RunningProcess criu =
        runc.attached(bundle("tools", words, Confinement.docker(PROFILE), tools), "tools")) {
      assertThat(criu.awaitExit()).as(criu.told()).isEqualTo(1);
      assertThat(criu.error()).contains("a seccomp filter is on all that is started");
    }
  }

  @Test
  @DisplayName("the doctor says what a filter keeps CRIU from, at a checkpoint and at a restore")
  void doctor() throws Exception {
    String cause = "seccomp: a seccomp filter is on this JVM";
    assertThat(doctor("doctor-profile", PROFILE, 1))
        .containsPattern("fails +" + cause)
        .contains("podman run --security-opt seccomp=unconfined")
        .containsPattern("ok +seccomp: an image that was taken elsewhere can be restored");
    assertThat(doctor("doctor-default", DEFAULT, 1))
        .containsPattern("fails +" + cause)
        .containsPattern("warning +seccomp: no image can be restored here either")
        .contains("localhostProfile: crac.json");
    assertThat(doctor("doctor-none", null, 0))
        .containsPattern("ok +seccomp: no filter")
        .containsPattern("ok +criu check: ");
  }

  private static String doctor(String name, @Nullable String seccomp, int status) throws Exception {
    Path jar = Path.of(System.getProperty("crac.command.jar"));
    List<String> words = new ArrayList<>(List.of("sh", "-c", "\"$@\"; exit $?", "init"));
    words.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    words.addAll(List.of("-jar", jar.toString(), "doctor", "--criu", criu().toString()));
    try (RunningProcess doctor =
        runc.attached(bundle(name, words, Confinement.docker(seccomp), jar), name)) {
      assertThat(doctor.awaitExit()).as(doctor.told()).isEqualTo(status);
      return doctor.output();
    }
  }

  @Test
  @DisplayName(
      "another user takes an image and restores it, where CRIU's file has the capabilities")
  void user() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path criu = CapableCriu.in(folder, criu());
    Path image = image("user-image");
    USER.give(image);
    Confinement open = Confinement.docker(null, image).withUser(USER.uid());
    checkpoint(service("user", image, criu, open, criu.getParent()));
    Confinement closed = Confinement.docker(PROFILE, image).withUser(USER.uid());
    assertRestored(restore("user-restored", image, closed, criu.getParent()), "2");
  }

  @Test
  @DisplayName("another user who may get no privileges is told so, before the walk and the restore")
  void userWithoutNewPrivileges() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path criu = CapableCriu.in(folder.resolve("strict"), criu());
    Path image = image("strict-image");
    USER.give(image);
    Confinement open = Confinement.docker(null, image).withUser(USER.uid());
    try (RunningProcess service =
        service("strict", image, criu, open.withoutNewPrivileges(), criu.getParent())) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the user 4002 lacks the capability CHECKPOINT_RESTORE")
          .contains("allowPrivilegeEscalation: true");
      Services.end(service);
    }
    checkpoint(service("strict-taken", image, criu, open, criu.getParent()));
    try (RunningProcess restore =
        restore("strict-restore", image, open.withoutNewPrivileges(), criu.getParent())) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("user 4002 lacks the capability CHECKPOINT_RESTORE")
          .contains("allowPrivilegeEscalation: true");
    }
  }

  @Test
  @DisplayName("a volume of a group's (fsGroup), and nothing else to write to, is enough")
  void volumeOfAGroup() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path criu = CapableCriu.in(folder.resolve("group"), criu());
    Path image = image("group-image");
    Files.setAttribute(image, "unix:gid", 2000);
    Files.setAttribute(image, "unix:mode", 02775);
    Confinement pod =
        Confinement.docker(null, image).withUser(USER.uid()).withGroup(2000).withoutTemporary();
    checkpoint(service("group", image, criu, pod, criu.getParent()));
    assertRestored(restore("group-restored", image, pod, criu.getParent()), "0");
  }

  @Test
  @DisplayName("an image is taken and restored where /tmp is for reading")
  void readOnly() throws Exception {
    Path image = image("read-only-image");
    Confinement readOnly = Confinement.docker(null, image).withoutTemporary();
    checkpoint(service("read-only", image, criu(), readOnly));
    assertRestored(restore("read-only-restored", image, readOnly), "0");
  }

  @Test
  @DisplayName("a clone says why it cannot be made, and that a container does what it would")
  void clones() throws Exception {
    Path image = taken("clone");
    List<String> words = List.of(image.resolve("restore").toString(), "--clone");
    try (RunningProcess restore =
        runc.attached(
            bundle("clone-restore", words, Confinement.docker(PROFILE, image)), "clone-restore")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error())
          .contains("namespaces cannot be made here")
          .contains("a seccomp filter is on this container")
          .contains("one container for each process");
    }
  }
}
