/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A folder that another user could exchange, of files,")
class ExchangedFilesIT extends ExchangedFixture {

  @Test
  @DisplayName("has no key, passphrase, recipients or policies that a checkpoint goes by")
  void files() throws Exception {
    Path target = folder.resolve("another");
    Path mine = secret(inside.resolve("mine"));
    for (String option :
        List.of(
            "crac.image-key=",
            "crac.image-encryption=openssl:",
            "crac.image-encryption=age:",
            "crac.resource-policies=")) {
      refuses(
          Services.command(target, "-D" + option + mine), Map.of(), mine.toString(), theirs + HIS);
    }
    Path open = Files.writeString(folder.resolve("recipients"), "age1...");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-rw-rw-"));
    for (String option : List.of("crac.image-encryption=age:", "crac.resource-policies=")) {
      refuses(
          Services.command(target, "-D" + option + open),
          Map.of(),
          open + " may be written by everybody");
    }
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setAttribute(open, "unix:uid", 4002);
    for (String option : List.of("crac.image-encryption=age:", "crac.resource-policies=")) {
      refuses(Services.command(target, "-D" + option + open), Map.of(), open + HIS);
    }
  }

  private static RunningProcess launch(String... arguments) throws Exception {
    Path launcher = folder.resolve("launcher");
    if (Files.notExists(launcher)) {
      Services.script(launcher, RestoreScript.launcher());
    }
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    return RunningProcess.start(command, Map.of("TMPDIR", folder.toString()), folder, "launched");
  }

  private static String launcherRefusal(String... arguments) throws Exception {
    try (RunningProcess launched = launch(arguments)) {
      assertThat(launched.awaitExit()).as(launched.told()).isEqualTo(125);
      assertThat(launched.output()).isEmpty();
      return launched.error();
    }
  }

  @Test
  @DisplayName("has no key by which the launcher verifies, nor an image of which it runs something")
  void launcher() throws Exception {
    Path key = secret(folder.resolve("key"));
    Image signed = checkpointed("signed", "-Dcrac.image-key=" + key);
    Path other = Files.copy(key, inside.resolve("key"));
    assertThat(launcherRefusal("--key", other.toString(), signed.folder().toString()))
        .contains("the key cannot be used: " + theirs + HIS);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(launcherRefusal("--key", key.toString(), signed.folder().toString()))
        .contains(
            "the key cannot be used: " + key + " can be read by others, who could sign by it");

    Path copy = inside.resolve("image");
    Files.createDirectory(copy);
    Services.script(copy.resolve("restore"), "#!/bin/sh", "echo I work");
    assertThat(launcherRefusal(copy.toString()))
        .contains(theirs + HIS + ", and the image could be exchanged: give it to user 0 (chown)");
    Path given = Files.createDirectory(folder.resolve("given"));
    Path script = Services.script(given.resolve("restore"), "#!/bin/sh", "echo I work");
    Files.setAttribute(script, "unix:uid", 4002);
    assertThat(launcherRefusal(given.toString())).contains(script + HIS);
    Files.setAttribute(script, "unix:uid", 0);
    // What it means of a folder it does not mean of a file.
    Files.setAttribute(script, "unix:mode", 01777);
    assertThat(launcherRefusal(given.toString())).contains(script + " may be written by everybody");
    Files.setAttribute(script, "unix:mode", 0755);
    Files.setAttribute(given, "unix:mode", 01777);
    assertThat(launcherRefusal(given.toString())).contains(given + " may be written by everybody");
    Files.setAttribute(given, "unix:mode", 0755);
    // A group that this user is in, as of a pod's volume, is trusted, and no other.
    Files.setAttribute(given, "unix:gid", 4002);
    Files.setAttribute(given, "unix:mode", 0775);
    assertThat(launcherRefusal(given.toString()))
        .contains(given + " may be written by the group 4002");
    List<String> member =
        List.of(
            "setpriv", "--groups=4002", folder.resolve("launcher").toString(), given.toString());
    assertThat(told(member)).isEqualTo("I work");
    Files.setAttribute(given, "unix:mode", 0755);
    Path unmoved = Files.createDirectories(signed.folder().resolve(".new-1-a/criu"));
    Files.setAttribute(unmoved, "unix:uid", 4002);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    assertThat(launcherRefusal("--key", key.toString(), signed.folder().toString()))
        .contains(unmoved + HIS);
    try (RunningProcess launched = launch(given.toString())) {
      launched.awaitLine("I work");
    }
  }

  @Test
  @DisplayName("has no CRIU that the image names, which root would run")
  void criu() throws Exception {
    Path open = Files.createDirectory(folder.resolve("everybodys"));
    Files.setAttribute(open, "unix:mode", 01777);
    Path criu = open.resolve("bin/criu");
    Files.createDirectory(criu.getParent());
    Services.script(criu, "#!/bin/sh", "exec '" + WorkingCriu.here().path() + "' \"$@\"");
    Image named = checkpointed("named", "-Dcrac.criu=" + criu);
    try (RunningProcess service = restored(named, folder, "first")) {
      end(service);
    }
    // With the size and the time that it had.
    FileTime time = Files.getLastModifiedTime(criu);
    Path proof = folder.resolve("proof");
    String text = "#!/bin/sh\ntrue > '" + proof + "'\n";
    Files.writeString(criu, text + "#".repeat(Math.toIntExact(Files.size(criu)) - text.length()));
    Files.setLastModifiedTime(criu, time);
    for (Path owned : List.of(criu, criu.getParent())) {
      Files.setAttribute(owned, "unix:uid", 4002);
      for (String[] options : new String[][] {{}, {"--check"}, {"--clone"}, {"--ignore-cpu"}}) {
        assertThat(refusal(named.restore(options)))
            .contains(criu + " could be another user's: " + owned + HIS)
            .contains("Name a criu in CRAC_CRIU");
      }
      Files.setAttribute(owned, "unix:uid", 0);
    }
    assertThat(proof).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"sh", "bash", "busybox sh"})
  @DisplayName("is told in any shell, and in a user namespace only where its owner has a number")
  void owners(String shell) throws Exception {
    assumeTrue(Files.exists(Path.of("/bin/" + shell.split(" ")[0])), "there is no " + shell);
    List<String> words = new ArrayList<>(List.of(shell.split(" ")));
    words.addAll(
        List.of(
            "-euc",
            RestoreScript.part("trust")
                + "\nif only_ours \"$@\"; then printf '%s\\n' \"ours $real\"; else printf '%s\\n' \"$cause\"; fi",
            "sh"));
    assertThat(told(words, inside)).isEqualTo(theirs + HIS);
    assertThat(told(words, inside, "17", "4002")).isEqualTo("ours " + inside);
    assertThat(told(words, folder)).isEqualTo("ours " + folder);
    assertThat(told(words, "/")).isEqualTo("ours /");
    Path odd = Files.createDirectory(folder.resolve(" an * \n odd name " + shell.length()));
    assertThat(told(words, odd)).doesNotStartWith("ours");
    Path blank = Files.createDirectory(folder.resolve(" a * \\name "));
    assertThat(told(words, blank)).isEqualTo("ours " + blank);
    Files.delete(blank);
    assertThat(told(words, folder.resolve("nothing"))).contains("is not here");
    words.addAll(0, List.of("unshare", "--user", "--map-root-user"));
    assertThat(told(words, inside)).isEqualTo("ours " + inside);
  }

  @ParameterizedTest
  @CsvSource({
    "mode=1777, ours",
    "mode=0755, ours",
    "'mode=1777,uid=4002', /tmp belongs to user 4002",
    "mode=0777, /tmp may be written by everybody"
  })
  @DisplayName("is not /tmp, which its owner and root alone can give away")
  void system(String options, String expected) throws Exception {
    List<String> words =
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-euc",
            RestoreScript.part("trust")
                + "\nmount -t tmpfs -o \"$1\" tmpfs /tmp"
                + "\nif is_safe_folder /tmp; then echo ours; else echo \"$cause\"; fi",
            "sh");
    assertThat(told(words, options)).isEqualTo(expected);
  }

  @Test
  @DisplayName("is not a pod's volume, which everybody in the pod may write to")
  void volume() throws Exception {
    Path launcher = Services.script(folder.resolve("pods-launcher"), RestoreScript.launcher());
    Path volume = Files.createDirectory(folder.resolve("a volume"));
    String commands =
        "mount -t tmpfs -o mode=0777 tmpfs \"$2\" && echo 'echo I work' > \"$2/restore\""
            + " && KUBERNETES_SERVICE_HOST=$3 exec \"$1\" \"$2\"";
    List<String> words = List.of("unshare", "--mount", "sh", "-c", commands, "sh");
    assertThat(told(words, launcher, volume, "10.0.0.1")).isEqualTo("I work");
    try (RunningProcess outside =
        RunningProcess.start(
            Stream.concat(words.stream(), Stream.of(launcher.toString(), volume.toString(), ""))
                .toList(),
            Map.of(),
            folder,
            "outside")) {
      assertThat(outside.awaitExit()).as(outside.told()).isEqualTo(125);
      assertThat(outside.error()).contains(volume + " may be written by everybody");
    }
  }

  private static String told(List<String> words, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>(words);
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    try (RunningProcess shell = RunningProcess.start(command, Map.of(), folder, "told")) {
      assertThat(shell.awaitExit()).as(shell.told()).isZero();
      return shell.output().replaceFirst("\n$", "");
    }
  }
}
