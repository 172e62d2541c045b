/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One table of folders, which a checkpoint looks at by {@code FolderTrust}, and {@code
 * crac-restore} by a script. The image of each is {@code app@1} in the case's own folder, and what
 * restores it says that it ran. A stranger is the user 4002; root and the user 4003 look at it,
 * both also in the group 3000.
 */
@Tag("soak")
@DisplayName("A checkpoint and crac-restore")
class TrustIT {

  private static final String IMAGE =
      "image() { mkdir -p \"$1\"; printf 'echo ran\\n' > \"$1/restore\"; }; cd \"$1\"; umask 022; ";
  private static final String[] ROOT = {"setpriv", "--regid=0", "--groups=0,3000"};
  private static final String[] USER = {
    "setpriv", "--reuid=4003", "--regid=4003", "--groups=4003,3000"
  };

  @TempDir static Path folder;

  private static final Map<String, String> VERDICTS = new HashMap<>();

  /** Name, commands, and what is thought of it by root and by the user 4003. */
  private static final String TABLE =
      """
      own; image app@1; trusted; trusted
      strangers; image app@1; chown 4002 app@1; refused; refused
      overflow; image app@1; chown 65534 app@1; refused; refused
      in-strangers; image app@1; chown 4002 .; refused; refused
      users; image app@1; chown 4003 app@1; refused; trusted
      everybodys; image app@1; chmod 757 app@1; refused; refused
      sticky; image app@1; chmod 1777 app@1; refused; refused
      in-everybodys; image app@1; chmod 757 .; refused; refused
      in-sticky; image app@1; chmod 1777 .; trusted; trusted
      in-strangers-sticky; image app@1; chmod 1777 .; chown 4002 .; refused; refused
      group; image app@1; chgrp 3000 app@1; chmod 2775 app@1; warned; warned
      other-group; image app@1; chgrp 4002 app@1; chmod 775 app@1; refused; refused
      root-group; image app@1; chgrp 0 app@1; chmod 775 app@1; trusted; trusted
      first-group; image app@1; chgrp 4003 app@1; chmod 775 app@1; refused; trusted
      in-group; image app@1; chgrp 3000 .; chmod 775 .; warned; warned
      in-other-group; image app@1; chgrp 4002 .; chmod 775 .; refused; refused
      group-reads; image app@1; chgrp 4002 app@1; chmod 755 app@1; trusted; trusted
      link; image real; ln -s real app@1; trusted; trusted
      strangers-link; image real; ln -s real app@1; chown -h 4002 app@1; refused; refused
      users-link; image real; ln -s real app@1; chown -h 4003 app@1; refused; trusted
      link-to-link; image real; ln -s real one; ln -s one app@1; chown -h 4002 one; refused; refused
      link-to-strangers; image real; ln -s real app@1; chown 4002 real; refused; refused
      link-around; image real; mkdir x; ln -s ../real x/a; ln -s ./x//../x/a app@1; trusted; trusted
      link-in-strangers; image real; mkdir x; ln -s ../real x/a; ln -s x/a app@1; chown 4002 x; refused; refused
      link-in-sticky; image real; mkdir x; ln -s ../real x/a; ln -s x/a app@1; chmod 1777 x; trusted; trusted
      link-in-everybodys; image real; mkdir x; ln -s ../real x/a; ln -s x/a app@1; chmod 777 x; refused; refused
      link-by-strangers; image x/real; mkdir y; ln -s ../x y/z; ln -s y/z/real app@1; chown -h 4002 y/z; refused; refused
      """;

  @BeforeAll
  static void lookAtAll() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> images = new ArrayList<>();
    for (String line : TABLE.lines().toList()) {
      String[] parts = line.split("; ");
      Path own = Files.createDirectory(folder.resolve(parts[0]));
      String commands = String.join("; ", List.of(parts).subList(1, parts.length - 2));
      run("make", List.of("sh", "-e", "-c", IMAGE + commands, "sh", own.toString()));
      images.add(own.resolve("app@1").toString());
    }
    for (boolean root : List.of(true, false)) {
      run(by(root, "checkpoint"), checkpoints(root ? ROOT : USER, images))
          .output()
          .lines()
          .forEach(line -> note(line, by(root, "checkpoint")));
    }
  }

  private static String by(boolean root, String what) {
    return what + (root ? "-root" : "-user");
  }

  private static void note(String line, String who) {
    String[] words = line.split(" ", 3);
    VERDICTS.put(Path.of(words[0]).getParent().getFileName() + " " + who, words[1]);
  }

  private static List<String> checkpoints(String[] who, List<String> images) throws Exception {
    return JvmCommand.ofMainClass(TrustedFolders.class.getName())
        .without("logback")
        .forEveryone()
        .by(who)
        .arguments(images.toArray(String[]::new))
        .words();
  }

  private static RunningProcess run(String name, List<String> command) throws Exception {
    try (RunningProcess process = RunningProcess.start(command, Map.of(), folder, name)) {
      assertThat(process.awaitExit()).as(process.told()).isZero();
      return process;
    }
  }

  private static Path launcher() throws Exception {
    Path launcher = folder.resolve("launcher");
    if (Files.notExists(launcher)) {
      Services.script(launcher, RestoreScript.launcher());
      Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return launcher;
  }

  /** What crac-restore does with an image: refused, warned, or trusted. */
  private static String launched(String[] who, Path images, String name) throws Exception {
    List<String> command =
        Stream.concat(
                Stream.of(who), Stream.of("sh", launcher().toString(), images.toString() + "@"))
            .toList();
    try (RunningProcess restore = RunningProcess.start(command, Map.of(), folder, name)) {
      int status = restore.awaitExit();
      assertThat(restore.output()).as(restore.told()).isEqualTo(status == 0 ? "ran\n" : "");
      assertThat(status).isIn(0, 125);
      return status != 0
          ? "refused " + restore.error()
          : restore.error().isEmpty() ? "trusted" : "warned " + restore.error();
    }
  }

  static Stream<String> table() {
    return TABLE.lines();
  }

  @Tag("essential")
  @ParameterizedTest
  @MethodSource("table")
  @DisplayName("think the same of a folder")
  void same(String line) throws Exception {
    String[] parts = line.split("; ");
    Path images = folder.resolve(parts[0]).resolve("app");
    for (boolean root : List.of(true, false)) {
      String expected = parts[parts.length - (root ? 2 : 1)];
      String name = parts[0] + by(root, "-launched");
      assertThat(VERDICTS.get(parts[0] + " " + by(root, "checkpoint")))
          .as(by(root, "checkpoint"))
          .isEqualTo(expected);
      assertThat(launched(root ? ROOT : USER, images, name)).as(name).startsWith(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "own, trusted",
    "users, trusted",
    "strangers, trusted",
    "overflow, trusted",
    "in-strangers, trusted",
    "strangers-link, trusted",
    "everybodys, refused",
    "sticky, refused",
    "in-everybodys, refused",
    "other-group, refused"
  })
  @DisplayName("trust whoever has no number in a user namespace, in there")
  void userNamespace(String name, String expected) throws Exception {
    String[] who = {
      "setpriv",
      "--reuid=4003",
      "--regid=4003",
      "--clear-groups",
      "unshare",
      "--user",
      "--map-current-user"
    };
    try (RunningProcess tried =
        RunningProcess.start(
            Stream.concat(Stream.of(who), Stream.of("true")).toList(), Map.of(), folder, "try")) {
      assumeTrue(tried.awaitExit() == 0, "an ordinary user cannot make user namespaces here");
    }
    Path images = folder.resolve(name).resolve("app");
    assertThat(run("inside", checkpoints(who, List.of(images + "@1"))).output())
        .contains("app@1 " + expected);
    assertThat(launched(who, images, "inside-launched")).startsWith(expected);
  }

  @Test
  @DisplayName("name a link that leads nowhere, and where to")
  void dangling() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("gone/away"));
    for (Path image : List.of(link, link.resolve("image"))) {
      assertThatThrownBy(() -> ImageFolder.of(image).checkWritable())
          .isInstanceOf(RefusedException.class)
          .hasMessage(
              "image folder %s: %s is a link to gone/away, which is not there. Make that folder, or remove the link"
                  .formatted(image, link));
    }
    assertThat(Files.isSymbolicLink(link)).isTrue();
    try (RunningProcess restore =
        RunningProcess.start(
            List.of("sh", launcher().toString(), link.toString()), Map.of(), folder, "nowhere")) {
      assertThat(restore.awaitExit()).isEqualTo(125);
      assertThat(restore.error())
          .isEqualTo(
              "crac-restore: the image %s is not here: it is a link to gone/away, which leads nowhere\n"
                  .formatted(link));
    }
  }

  @Test
  @DisplayName("say of a folder without an image that there is none in it, and not that it is gone")
  void noImage() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    try (RunningProcess restore =
        RunningProcess.start(
            List.of("sh", launcher().toString(), empty.toString()), Map.of(), folder, "empty")) {
      assertThat(restore.awaitExit()).isEqualTo(125);
      assertThat(restore.error())
          .isEqualTo(
              "crac-restore: no image is in %s: it has no file restore, which a checkpoint puts there last\n"
                  .formatted(empty));
    }
  }

  @Test
  @DisplayName("let everybody write to a pod's own volume, with a warning, and nowhere else")
  void pod() throws Exception {
    Path volume = Files.createDirectory(folder.resolve("volume"));
    String mounted =
        "mount -t tmpfs -o mode=777 tmpfs \"$1\" && printf 'echo ran\\n' > \"$1/restore\""
            + " && mkdir \"$1/app@1\" && cp \"$1/restore\" \"$1/app@1\" && shift && exec \"$@\"";
    List<String> in =
        List.of("unshare", "--mount", "sh", "-c", mounted, "sh", volume.toString(), "env");
    List<String> command = new ArrayList<>(in);
    command.addAll(
        checkpoints(ROOT, List.of(volume.resolve("app@1").toString(), volume.toString())));
    assertThat(run("no-pod", command).output())
        .containsPattern("app@1 refused .* may be written by everybody")
        .containsPattern("volume refused");
    command.add(in.size(), "KUBERNETES_SERVICE_HOST=10.0.0.1");
    assertThat(run("pod", command).output())
        .containsPattern("app@1 warned .* may be written by everybody")
        .containsPattern("volume warned");
    List<String> launch = new ArrayList<>(in);
    launch.addAll(List.of("KUBERNETES_SERVICE_HOST=10.0.0.1", "sh", launcher().toString()));
    launch.add(volume.resolve("app@").toString());
    RunningProcess launched = run("pod-launched", launch);
    assertThat(launched.output()).isEqualTo("ran\n");
    assertThat(launched.error())
        .contains("crac-restore: " + volume + " may be written by everybody");
    launch.remove(in.size());
    try (RunningProcess refused = RunningProcess.start(launch, Map.of(), folder, "no-pod")) {
      assertThat(refused.awaitExit()).isEqualTo(125);
      assertThat(refused.error()).contains(volume + " may be written by everybody");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "chown 4002 criu/pstree.img, criu/pstree.img belongs to user 4002",
    "chmod 666 criu/pstree.img, criu/pstree.img may be written by everybody",
    "chmod 1666 criu/pstree.img, criu/pstree.img may be written by everybody",
    "chmod 1777 criu, criu may be written by everybody",
    "chown 4002 copies, copies belongs to user 4002",
    "chown 4002 copies/1, copies/1 belongs to user 4002",
    "chmod 622 restore, restore may be written by everybody",
    "chgrp 4002 restore; chmod 660 restore, restore may be written by the group 4002",
    "chown 4002 manifest.json, manifest.json belongs to user 4002",
    "mkdir .new-1; chown 4002 .new-1, .new-1 belongs to user 4002",
    "mkdir -p .new-1/criu; : > .new-1/criu/x; chmod 666 .new-1/criu/x, .new-1/criu/x may be written",
    "ln -s /etc/hostname perfdata, perfdata is a link"
  })
  @DisplayName("differ in that crac-restore finds whatever else a stranger could change")
  void within(String commands, String found) throws Exception {
    Path own = Files.createTempDirectory(folder, "within");
    Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
    run(
        "make",
        List.of(
            "sh",
            "-e",
            "-c",
            IMAGE
                + "image app@1; cd app@1; mkdir criu copies; : > criu/pstree.img; : > copies/1;"
                + " : > manifest.json; "
                + commands,
            "sh",
            own.toString()));
    String said = launched(ROOT, own.resolve("app"), own.getFileName() + "-launched");
    assertThat(said)
        .startsWith("refused ")
        .contains(own.resolve("app@1").toRealPath() + "/" + found);
  }
}
