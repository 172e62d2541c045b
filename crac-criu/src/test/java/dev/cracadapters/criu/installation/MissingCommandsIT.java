/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.SmallJdk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Where something is missing that the scripts need")
class MissingCommandsIT {

  @TempDir Path folder;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** Links to the commands that the scripts name, but for some. */
  private Path commandsWithout(String... names) throws Exception {
    Path commands = Files.createDirectory(folder.resolve("without-" + String.join("-", names)));
    for (String command : ScriptCommands.all()) {
      if (!List.of(names).contains(command)) {
        Files.createSymbolicLink(
            commands.resolve(command), SearchPath.locate(command).orElseThrow());
      }
    }
    return commands;
  }

  private static void assertThatNothingWasStopped(RunningProcess service) throws Exception {
    assertThat(ask(service, "state", "state")).contains("calls=[]");
    end(service);
  }

  @Tag("essential")
  @Test
  @DisplayName("a checkpoint is refused before anything is stopped, with the commands and packages")
  void dump() throws Exception {
    Path image = folder.resolve("image");
    Path few = commandsWithout("awk", "od", "mkfifo");
    try (RunningProcess service =
        Services.command(image).environment("PATH", few.toString()).start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains(
              "commands: the dump script needs od, awk, mkfifo, which PATH ("
                  + few
                  + ") does not have")
          .contains("Install coreutils, mawk or gawk, or busybox");
      assertThatNothingWasStopped(service);
    }
    assertThat(image).doesNotExist();
  }

  @Test
  @DisplayName("a checkpoint is refused where there is no shell, as in a distroless container")
  void noShell() throws Exception {
    Path none = Files.createFile(folder.resolve("none"));
    String hide = "mount --bind '%s' \"$(readlink -f /bin/sh)\" && exec \"$@\"".formatted(none);
    try (RunningProcess service =
        Services.command(folder.resolve("image"))
            .by("unshare", "--mount", "sh", "-c", hide, "machine")
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("commands: the dump script needs /bin/sh, which")
          .contains("an image without a shell (distroless) has none");
      assertThatNothingWasStopped(service);
    }
  }

  @Test
  @DisplayName("the commands that are listed are all that a checkpoint and a restore use")
  void enough() throws Exception {
    String all = commandsWithout().toString();
    Path target = folder.resolve("image");
    try (RunningProcess service =
        Services.command(target).environment("PATH", all).start(folder, "service")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      checkpoint(service);
      assertThat(service.error()).doesNotContain("not found");
    }
    try (RunningProcess service =
        new Image(target).restore().environment("PATH", all).start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(service.error()).doesNotContain("not found");
    }
  }

  @Test
  @DisplayName("a restore says which commands, and starts nothing")
  void restore() throws Exception {
    Image image = Services.checkpointed(folder);
    Path few = commandsWithout("cksum", "stat");
    try (RunningProcess refused =
        image.restore().environment("PATH", few.toString()).start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.error())
          .isEqualTo(
              "restore: PATH (%s) does not have stat, cksum: install coreutils and grep, or busybox, or call restore with another PATH\n"
                  .formatted(few));
    }
  }

  @Test
  @DisplayName("a checkpoint is refused before anything is stopped where the JDK lost its release")
  void release() throws Exception {
    for (String lost : List.of("release", "lib/server/libjvm.so")) {
      Path jdk = folder.resolve("jdk without " + Path.of(lost).getFileName());
      SmallJdk.make(jdk);
      Path image = folder.resolve("image");
      try (RunningProcess service =
          Services.command(image).javaHome(jdk).start(folder, "service")) {
        service.awaitLine("ready");
        Files.delete(jdk.resolve(lost));
        assertThat(ask(service, "checkpoint", "refused"))
            .contains("JDK " + jdk + ": " + jdk.resolve(lost) + " is not there")
            .contains("Put it back");
        assertThatNothingWasStopped(service);
      }
      assertThat(image).doesNotExist();
    }
  }

  @Test
  @DisplayName("POSIXLY_CORRECT makes no difference, and the process has it")
  void posix() throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess service =
        Services.command(target).environment("POSIXLY_CORRECT", "1").start(folder, "service")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      checkpoint(service);
    }
    for (String[] options : new String[][] {{}, {"--clone"}, {"--map", "/usr/share=/usr/share"}}) {
      try (RunningProcess service =
          new Image(target)
              .restore(options)
              .environment("POSIXLY_CORRECT", "1")
              .start(folder, "restored")) {
        service.awaitLine("restored ");
        assertThat(ask(service, "environment POSIXLY_CORRECT", "environment"))
            .isEqualTo("environment 1");
        end(service);
      }
    }
  }

  @Test
  @DisplayName("a hard link to restore, or a copy of it, says that its image is not beside it")
  void link() throws Exception {
    Image image = Services.checkpointed(folder);
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path link = Files.createLink(elsewhere.resolve("go"), image.folder().resolve("restore"));
    try (RunningProcess refused =
        image.restore().by("sh", "-c", "exec \"$1\"", "link", link.toString()).start(folder, "r")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.error())
          .isEqualTo(
              "restore: there is no folder criu in %s: call IMAGE/restore where it is, or by a symbolic link, not by a copy or hard link of it\n"
                  .formatted(elsewhere));
    }
    for (String way :
        List.of("cd '%s' && exec sh restore", "cd '%s' && PATH=$PATH:. exec restore")) {
      try (RunningProcess service =
          image
              .restore()
              .by("sh", "-c", way.formatted(image.folder()), "way")
              .start(folder, "restored")) {
        service.awaitLine("restored ");
        end(service);
      }
    }
  }
}
