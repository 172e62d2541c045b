/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("The doctor")
class DoctorIT {

  private static final OrdinaryUser USER = new OrdinaryUser(65534);

  @TempDir Path folder;

  private Path temporary;

  @BeforeEach
  void makeATemporaryFolder() throws Exception {
    temporary = Files.createDirectory(folder.resolve("temporary"));
  }

  @AfterEach
  void removesWhatItMade() {
    assertThat(temporary).isEmptyDirectory();
  }

  /** In a session of its own: whoever runs the tests may be outside the PID namespace. */
  private Commands.Ended doctor(List<String> before, Path jar, String... options) throws Exception {
    List<String> words = new ArrayList<>(before);
    words.add("setsid");
    List<String> command = Commands.words(jar, "doctor");
    command.add(1, "-Djava.io.tmpdir=" + temporary);
    words.addAll(command);
    words.addAll(List.of(options));
    return Commands.run(folder, words);
  }

  private Commands.Ended doctor(String... options) throws Exception {
    return doctor(List.of(), Commands.jar(), options);
  }

  private static String criu() {
    return WorkingCriu.here().path().toString();
  }

  private Path script(String... lines) throws IOException {
    Path script = Files.write(folder.resolve("some-criu"), List.of(lines));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  @Tag("essential")
  @Test
  @DisplayName("finds nothing wrong where a checkpoint works, and proves it with the times")
  void proof() throws Exception {
    Commands.Ended ended = doctor("--criu", criu(), "--try");
    assertThat(ended.status()).as(ended.told()).isZero();
    assertThat(ended.output())
        .containsPattern("ok +criu: CRIU \\d+\\.\\d+[^,]*, " + criu())
        .contains("criu check: it works on kernel " + System.getProperty("os.version"))
        .contains("JDK: " + System.getProperty("java.vm.name"))
        .contains("collector: ")
        .containsPattern(
            "ok +trial: a small JVM was imaged in [1-9]\\d* ms and restored in [1-9]\\d* ms; its"
                + " image had [1-9]\\d* MB")
        .contains("Checkpoints can be taken here")
        .doesNotContain("fails ");
  }

  @Test
  @DisplayName("says all of it as JSON, too")
  void json() throws Exception {
    Commands.Ended ended = doctor("--criu", folder.resolve("none").toString(), "--json");
    assertThat(ended.status()).isEqualTo(1);
    List<String> fields = fields(ended.output());
    assertThat(fields)
        .startsWith(
            "checkpointsCanBeTaken=false",
            "subject=criu",
            "level=fails",
            "text=there is no command " + folder.resolve("none"))
        .contains("subject=kernel", "level=ok");
  }

  private static List<String> fields(String text) throws IOException {
    List<String> fields = new ArrayList<>();
    try (JsonParser json = new JsonFactory().createParser(text)) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isScalarValue()) {
          fields.add(json.currentName() + "=" + json.getText());
        }
      }
    }
    return fields;
  }

  @Tag("essential")
  @Test
  @DisplayName("says what to install where there is no CRIU, and looks at the rest all the same")
  void noCriu() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Commands.Ended ended =
        doctor(List.of("env", "PATH=" + empty + ":/usr/bin:/bin"), Commands.jar());
    assumeTrue(!Files.exists(Path.of("/usr/bin/criu")), "/usr/bin has a criu");
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.output())
        .containsPattern(
            "fails +criu: there is no command criu in PATH \\(" + empty + ":/usr/bin:/bin\\)")
        .containsPattern("-> .*(install|apk add|tools/criu|Install).*-Dcrac.criu=/path/to/criu")
        .contains("kernel: " + System.getProperty("os.version"))
        .contains("No checkpoint can be taken here: 1 of ");
  }

  @Test
  @DisplayName("repeats a CRIU's own words where it does not work on this kernel")
  void doesNotWork() throws Exception {
    Path criu =
        script(
            "#!/bin/sh",
            "[ \"$1\" = check ] || { echo 'Version: 3.17.1'; exit; }",
            "echo 'Error (criu/vdso.c:292): vdso: Unexpected rt vDSO area bounds' >&2; exit 1");
    Commands.Ended ended = doctor("--criu", criu.toString());
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.output())
        .containsPattern("(warning|fails) +criu: CRIU 3.17.1, " + criu)
        .containsPattern(
            "fails +criu check: it does not work on kernel .* It said: Error \\(criu/vdso.c:292\\):"
                + " vdso: Unexpected rt vDSO area bounds")
        .contains("See 'criu check --all'");
  }

  @Test
  @DisplayName("finds out by trying that a CRIU that says it works does not")
  void lies() throws Exception {
    Path criu =
        script(
            "#!/bin/sh",
            "case $1 in check) echo 'Looks good.' ;; --version) echo 'Version: 4.9' ;;",
            "*) echo 'Error (criu/made-up.c:1): Out of luck' >&2; exit 3 ;; esac");
    Commands.Ended without = doctor("--criu", criu.toString());
    assertThat(without.status()).as(without.told()).isZero();
    Commands.Ended with = doctor("--criu", criu.toString(), "--try");
    assertThat(with.status()).as(with.told()).isEqualTo(1);
    assertThat(with.output())
        .containsPattern("fails +trial: a small JVM was not imaged: exit status 1;")
        .contains("Error (criu/made-up.c:1): Out of luck")
        .as("without the times that the small JVM prints for the doctor")
        .doesNotContainPattern("; \\d+;");
  }

  @Test
  @DisplayName("prints a seccomp profile")
  void profile() throws Exception {
    Commands.Ended ended = doctor("--seccomp-profile");
    assertThat(ended.status()).isZero();
    List<String> fields = fields(ended.output());
    assertThat(fields)
        .startsWith("defaultAction=SCMP_ACT_ALLOW")
        .contains("null=unshare", "null=mount", "action=SCMP_ACT_ERRNO")
        .doesNotContain("null=clone3", "null=ptrace", "null=kcmp");
  }

  private Path jarForTheUser() throws IOException {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    USER.give(temporary);
    Path jar = Files.copy(Commands.jar(), folder.resolve("crac-criu.jar"));
    Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
    Path java = Path.of(System.getProperty("java.home"), "bin/java");
    assumeTrue(USER.canUse(java), "the user " + USER.uid() + " may not use " + java);
    return jar;
  }

  @Test
  @DisplayName("proves that in a user namespace an ordinary user needs no capability at all")
  void userNamespace() throws Exception {
    Path jar = jarForTheUser();
    List<String> words = new ArrayList<>(List.of(USER.by()));
    words.addAll(List.of("unshare", "--user", "--map-current-user", "--keep-caps", "--pid"));
    words.addAll(List.of("--mount", "--fork", "--mount-proc", "--kill-child", "sh", "-c"));
    words.add("\"$@\"; exit $?");
    words.add("sh");
    String criu = USER.criu().toString();
    Commands.Ended all = doctor(words, jar, "--criu", criu);
    assumeTrue(!all.error().startsWith("unshare: "), all.error());
    assertThat(all.status()).as(all.told()).isEqualTo(1);
    assertThat(all.output()).contains("setpriv --inh-caps=-setuid,-setgid,");
    String without = "-setuid,-setgid,-sys_resource,-net_admin";
    words.addAll(List.of("setpriv", "--inh-caps=" + without, "--ambient-caps=" + without));
    Commands.Ended some = doctor(words, jar, "--criu", criu, "--try");
    assertThat(some.status()).as(some.told()).isZero();
    assertThat(some.output()).containsPattern("ok +trial: a small JVM was imaged in ");
  }

  @Test
  @DisplayName("names the capability that an ordinary user lacks, and how to give it")
  void capability() throws Exception {
    Path jar = jarForTheUser();
    String criu = USER.criu().toString();
    Commands.Ended lacks =
        doctor(List.of(USER.by("checkpoint_restore", "sys_ptrace")), jar, "--criu", criu, "--try");
    assertThat(lacks.status()).as(lacks.told()).isEqualTo(1);
    assertThat(lacks.output())
        .contains("user: the ordinary user 65534")
        .containsPattern("ok +capability: CHECKPOINT_RESTORE, ")
        .containsPattern("fails +capability: SETPCAP is missing, ")
        .contains("AmbientCapabilities=CAP_CHECKPOINT_RESTORE ")
        .contains("trial: a small JVM was not imaged: exit status 1; ");
    Commands.Ended has =
        doctor(
            List.of(USER.by("checkpoint_restore", "sys_ptrace", "setpcap")),
            jar,
            "--criu",
            criu,
            "--try");
    assertThat(has.status()).as(has.told()).isZero();
    assertThat(has.output()).containsPattern("ok +trial: a small JVM was imaged in ");
  }

  @Test
  @DisplayName("names the capability also where there is no CRIU that could be asked")
  void capabilityWithoutCriu() throws Exception {
    Path jar = jarForTheUser();
    Path none = folder.resolve("none/criu");
    Commands.Ended lacks =
        doctor(List.of(USER.by("sys_ptrace", "setpcap")), jar, "--criu", none.toString(), "--json");
    assertThat(lacks.status()).as(lacks.told()).isEqualTo(1);
    assertThat(lacks.output())
        .contains("there is no command " + none)
        .contains("CHECKPOINT_RESTORE is missing, to see a process's files")
        .contains("Give them to CRIU (setcap cap_checkpoint_restore");
    Commands.Ended has =
        doctor(
            List.of(USER.by("checkpoint_restore", "sys_ptrace", "setpcap")),
            jar,
            "--criu",
            none.toString());
    assertThat(has.status()).as(has.told()).isEqualTo(1);
    assertThat(has.output())
        .containsPattern("ok +capability: CHECKPOINT_RESTORE, ")
        .contains("No checkpoint can be taken here: 1 of ");
  }

  @Test
  @DisplayName(
      "sees that a JVM's session leader is outside its PID namespace, and a JVM that is PID 1")
  void inNamespaces() throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c"));
    words.addAll(List.of("\"$@\"; exit $?", "sh"));
    words.addAll(Commands.words(Commands.jar(), "doctor", "--criu", criu()));
    Commands.Ended below = Commands.run(folder, words);
    assumeTrue(!below.error().startsWith("unshare: "), below.error());
    assertThat(below.status()).as(below.told()).isEqualTo(1);
    assertThat(below.output())
        .containsPattern("fails +session: this JVM's session leader is outside its PID namespace")
        .contains("setsid java ...");
    words.set(words.indexOf("\"$@\"; exit $?"), "exec \"$@\"");
    Commands.Ended first = Commands.run(folder, words);
    assertThat(first.status()).as(first.told()).isEqualTo(1);
    assertThat(first.output())
        .containsPattern("fails +PID 1: this JVM is PID 1")
        .contains("docker run --init");
  }

  @Test
  @DisplayName("looks whether an image could be written to a folder, and does not make it")
  void imageFolder() throws Exception {
    Path image = folder.resolve("a/b");
    Commands.Ended ended = doctor("--criu", criu(), "--image", image.toString());
    assertThat(ended.status()).as(ended.told()).isZero();
    assertThat(ended.output()).contains("image folder: " + image + " can be made");
    assertThat(image.getParent()).doesNotExist();
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    Commands.Ended wrong = doctor("--criu", criu(), "--image", file.toString());
    assertThat(wrong.status()).as(wrong.told()).isEqualTo(1);
    assertThat(wrong.output()).contains("image folder: " + file + " is no folder");
    Commands.Ended proc = doctor("--criu", criu(), "--image", "/proc/image");
    assertThat(proc.status()).as(proc.told()).isEqualTo(1);
    assertThat(proc.output()).contains("image folder: /proc cannot be written");
  }

  @Test
  @DisplayName("tells how it may end")
  void help() throws Exception {
    Commands.Ended ended = Commands.run(folder, "doctor", "--help");
    assertThat(ended.status()).isZero();
    assertThat(ended.output())
        .contains("0   checkpoints can be taken")
        .contains("1   no checkpoint can be taken")
        .contains("2   wrong usage");
    assertThat(Commands.run(folder, "doctor", "--no-such").status()).isEqualTo(2);
  }
}
