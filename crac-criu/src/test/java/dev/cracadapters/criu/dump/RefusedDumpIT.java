/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A dump that fails")
class RefusedDumpIT {

  @TempDir Path folder;
  private Path image;

  @BeforeEach
  void nameTheImage() {
    image = folder.resolve("image");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  /** A criu whose dumps do something else, while all else is the real one's. */
  private Path criuThatDumpsBy(String... lines) throws Exception {
    return WorkingCriu.here().except(folder.resolve("criu"), "dump", lines);
  }

  private void goesOn(RunningProcess service) throws Exception {
    assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=1");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "because of a file lock, which CRIU refuses, says so in CRIU's words, and leaves the process"
          + " as it was")
  void fileLock() throws Exception {
    Path locked = Files.createFile(folder.resolve("locked"));
    try (RunningProcess service = Services.command(image).start(folder, "service")) {
      service.awaitLine("ready");
      ask(service, "lock " + locked, "locked");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CRIU: criu dump ended with exit status 1. It said: Error")
          .contains("file locks are hold by dumping tasks")
          .contains("Release the file locks before a checkpoint");
      goesOn(service);
      assertThat(image).doesNotExist();

      ask(service, "unlock", "unlocked");
      checkpoint(service);
    }
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=2");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("leaves an older image in its place, which still restores")
  void olderImage() throws Exception {
    Services.checkpointed(folder);
    Path criu = criuThatDumpsBy("echo 'Error (criu/made-up.c:1): Out of luck' >&2; exit 3");
    try (RunningProcess service =
        Services.command(image, "-Dcrac.criu=" + criu)
            .property("crac.criu", criu)
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains(
              "criu dump ended with exit status 3. It said: Error (criu/made-up.c:1): Out of luck")
          .contains("Run 'criu check'");
      goesOn(service);
      end(service);
    }
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Test
  @DisplayName("is given up at its time-out when it hangs")
  void hangs() throws Exception {
    Path criu = criuThatDumpsBy("sleep 600");
    try (RunningProcess service =
        Services.command(image)
            .property("crac.criu", criu)
            .property("crac.criu.dump-timeout", "1s")
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("criu dump was ended after 1 s or killed");
      goesOn(service);
      assertThat(image).doesNotExist();
      end(service);
    }
  }

  @Test
  @DisplayName("is not begun with a setting that cannot be read, which is named with the remedy")
  void unreadableSetting() throws Exception {
    try (RunningProcess service =
        Services.command(image)
            .property("crac.criu.dump-timeout", "soon")
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains(
              "settings: System property crac.criu.dump-timeout is \"soon\", which is not a duration"
                  + " such as 500ms, 10s or PT10S. correct that, and start the process again");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }

  @Test
  @DisplayName("is given up at a time-out of less than a second, too")
  void hangsShortly() throws Exception {
    Path criu = criuThatDumpsBy("sleep 600");
    try (RunningProcess service =
        Services.command(image)
            .property("crac.criu", criu)
            .property("crac.criu.dump-timeout", "200ms")
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused")).contains("criu dump was ended after");
      goesOn(service);
      end(service);
    }
  }

  @Test
  @DisplayName("is not begun where the leader of the session is outside the PID namespace")
  void sessionLeaderOutside() throws Exception {
    List<String> java = Services.command(image).java();
    List<String> inside =
        new ArrayList<>(List.of("unshare", "--pid", "--fork", "--mount-proc", "--kill-child"));
    inside.addAll(List.of("sh", "-c", "\"$@\"; exit $?", "sh"));
    inside.addAll(java);
    try (RunningProcess service = RunningProcess.start(inside, Map.of(), folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the leader of the JVM's session is outside its PID namespace")
          .contains("Start the JVM in a session of its own: setsid java ...");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("for want of a criu says what to install, before anything is stopped")
  void noCriu() throws Exception {
    try (RunningProcess service =
        Services.command(image)
            .property("crac.criu", folder.resolve("none"))
            .start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CRIU: there is no command " + folder.resolve("none"))
          .contains(
              "; or name one by -Dcrac.criu=/path/to/criu (Spring: spring.crac.criu.command;");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "for want of an image folder that can be written says which, before anything is stopped")
  void noFolder() throws Exception {
    Files.writeString(image, "a file in the way");
    try (RunningProcess service = Services.command(image).start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("image folder " + image + ": it is a file, and no folder")
          .contains("Name a folder this process may write to");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
    assertThat(image).hasContent("a file in the way");
  }
}
