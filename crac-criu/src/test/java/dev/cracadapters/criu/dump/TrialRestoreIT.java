/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.dump;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.SmallJar;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** There is an older image, which nothing that fails may harm. */
@Tag("soak")
@RequiresCriu
@DisplayName("The trial of a new image by a restore")
class TrialRestoreIT {

  @TempDir Path folder;
  private Path image;
  private Path commands;
  private Set<String> before;

  @BeforeEach
  void anOlderImage() throws Exception {
    image = Services.checkpointed(folder).folder();
    commands = Files.createDirectory(folder.resolve("commands"));
    before = temporary();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(temporary()).isEqualTo(before);
    assertThat(Services.names(image)).isEqualTo(Image.NAMES);
  }

  /** What the processes of this test, which all have ended by now, could have left there. */
  private static Set<String> temporary() throws Exception {
    Set<String> names = new TreeSet<>(Services.names(Path.of("/tmp")));
    names.removeIf(name -> !name.startsWith(".java_pid") && !name.startsWith("crac-"));
    for (String one : Services.names(Path.of("/tmp"))) {
      if (one.startsWith("hsperfdata_")) {
        names.addAll(Services.names(Path.of("/tmp", one)));
      }
    }
    names.removeIf(name -> name.matches("\\d+")); // those of JVMs
    return names;
  }

  private JvmCommand service(String verify) {
    return Services.command(image, "-Dcrac.verify=" + verify)
        .environment("TMPDIR", folder.toString())
        .environment("PATH", commands + ":" + System.getenv("PATH"));
  }

  private RunningProcess started(JvmCommand service) throws Exception {
    RunningProcess started = service.start(folder, "service");
    started.awaitLine("ready");
    ask(started, "add 7", "sum=7");
    return started;
  }

  /** A criu whose restores do something else, or after something else. */
  private Path criuThatRestoresBy(String... lines) throws Exception {
    return WorkingCriu.here().except(commands.resolve("criu"), "restore", lines);
  }

  private void goesOn(RunningProcess service) throws Exception {
    ask(service, "add 1", "sum=8");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    assertThat(ask(service, "state", "state")).contains("calls=[-high, -low, +low, +high]");
    end(service);
  }

  private void restoresWith(String sum) throws Exception {
    try (RunningProcess service = restored(new Image(image), folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo(sum);
      end(service);
    }
  }

  @Test
  @Tag("essential")
  @DisplayName("lets a good one take its place, says how long it took, and has no trace")
  void good() throws Exception {
    try (RunningProcess service = started(service("auto"))) {
      checkpoint(service);
      assertThat(service.error())
          .containsPattern("checksums \\d+ ms, trial [1-9]\\d* ms, disk \\d+ ms")
          .doesNotContain("not tried");
      assertThat(service.output()).doesNotContain("restored");
    }
    assertThat(Files.readString(image.resolve("manifest.json")))
        .containsPattern("\"checksums\": \\d+, \"trial\": [1-9]\\d*}");
    restoresWith("sum=8");
  }

  /** It may kill what it has begun, and say so, when it gives up. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo 'Error (criu/made-up.c:1): Out of luck' >&2; exit 1",
        "while [ \"$1\" != --work-dir ]; do shift; done; exec >> \"$2/restore.log\"; "
            + "echo 'Error (criu/made-up.c:1): Out of luck'; "
            + "echo 'Error (criu/made-up.c:2): 7 killed by signal 9: Killed'; exit 1"
      })
  @Tag("essential")
  @DisplayName("refuses one that CRIU cannot restore, in CRIU's words, and the process serves on")
  void criuFails(String end) throws Exception {
    Path criu = criuThatRestoresBy(end);
    try (RunningProcess service = started(service("auto").property("crac.criu", criu))) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the image cannot be restored, as its trial has shown: ")
          .contains("Error (criu/made-up.c:1): Out of luck")
          .contains("crac.verify=off");
      goesOn(service);
    }
    restoresWith("sum=42");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo 'Error (criu/made-up.c:1): fork: Resource temporarily unavailable' >&2; exit 1",
        "echo 'Error (criu/made-up.c:1): Out of luck' >&2; kill -s KILL $$"
      })
  @DisplayName("tells nothing of an image where threads are short, or CRIU was killed")
  void noThreads(String end) throws Exception {
    Path fails = Files.createFile(folder.resolve("fails"));
    Path criu = criuThatRestoresBy("[ ! -e '" + fails + "' ] || { " + end + "; }");
    try (RunningProcess service = started(service("auto").property("crac.criu", criu))) {
      checkpoint(service);
      assertThat(service.error()).contains("not tried by a restore: ");
    }
    Files.delete(fails);
    restoresWith("sum=8");
  }

  @Test
  @DisplayName("refuses one whose files went meanwhile, names them, and the process serves on")
  void missingFile() throws Exception {
    Path jar = SmallJar.of(folder.resolve("small.jar"), "!", "Small");
    Services.script(
        commands.resolve("openssl"), // which takes the digests of the memory that was dumped
        "#!/bin/sh",
        "mv '" + jar + "' '" + jar + ".gone'",
        "exec /usr/bin/openssl \"$@\"");
    try (RunningProcess service = started(service("auto").with(jar))) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the image cannot be restored, as its trial has shown: the image ")
          .contains(jar + " is missing: put it back");
      goesOn(service);
    }
    restoresWith("sum=42");
  }

  private void cannotBeTried(JvmCommand automatic, JvmCommand explicit, String why)
      throws Exception {
    try (RunningProcess service = started(automatic)) {
      checkpoint(service);
      assertThat(service.error())
          .contains("crac-criu: the image was not tried by a restore: ")
          .contains(why)
          .doesNotContain(", trial ");
    }
    assertThat(Files.readString(image.resolve("manifest.json")))
        .contains("\"untried\": \"")
        .contains(why);
    restoresWith("sum=8");
    try (RunningProcess service = started(explicit)) {
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("the image cannot be tried, which crac.verify=restore wants: ")
          .contains(why)
          .contains("crac.verify=auto");
      goesOn(service);
    }
    restoresWith("sum=8");
  }

  @Test
  @DisplayName("is left out, with a line that says why, where namespaces are forbidden")
  void noNamespaces() throws Exception {
    Services.script(
        commands.resolve("unshare"),
        "#!/bin/sh",
        "echo 'unshare: unshare failed: Operation not permitted' >&2",
        "exit 1");
    cannotBeTried(service("auto"), service("restore"), "namespaces cannot be made here");
  }

  @Test
  @DisplayName("is left out, with a line that says why, where memory has no room for a second one")
  void noMemory() throws Exception {
    Path memory = folder.resolve("meminfo");
    Files.writeString(memory, "MemTotal: 90000 kB\nMemAvailable: 10240 kB\nSwapFree: 0 kB\n");
    String[] faked = {
      "unshare",
      "--mount",
      "sh",
      "-c",
      "mount --bind '" + memory + "' /proc/meminfo && exec \"$@\"",
      "machine"
    };
    cannotBeTried(
        service("auto").by(faked), service("restore").by(faked), "10 MB of memory are free here");
  }

  @Test
  @DisplayName("is given up with the restore's time-out, and then nothing of it goes on")
  void hangs() throws Exception {
    Path slow = folder.resolve("slow");
    Path criu = criuThatRestoresBy("[ ! -e '" + slow + "' ] || sleep 600");
    for (boolean explicit : new boolean[] {false, true}) {
      Files.createFile(slow);
      try (RunningProcess service =
          started(
              service(explicit ? "restore" : "auto")
                  .property("crac.criu", criu)
                  .property("crac.criu.restore-timeout", "2s"))) {
        if (explicit) {
          assertThat(ask(service, "checkpoint", "refused"))
              .contains("wants: the process was not back in service within 2 s");
          goesOn(service);
        } else {
          checkpoint(service);
          assertThat(service.error())
              .contains("not tried by a restore: the process was not back in service within 2 s");
        }
      }
      Services.assertNothingLeft(folder);
      Files.delete(slow);
      restoresWith("sum=8");
    }
  }

  @Test
  @DisplayName("is not made where it is off, nor where the process goes on and it is not asked for")
  void leftOut() throws Exception {
    Path fails = Files.createFile(folder.resolve("fails"));
    Path criu = criuThatRestoresBy("[ ! -e '" + fails + "' ] || exit 1");
    try (RunningProcess service = started(service("auto").property("crac.criu", criu))) {
      assertThat(ask(service, "image " + image, "imaged")).contains("image=" + image);
      ask(service, "add 1", "sum=8");
      assertThat(service.error()).doesNotContain("tried");
      end(service);
    }
    try (RunningProcess service = started(service("off").property("crac.criu", criu))) {
      checkpoint(service);
      assertThat(service.error()).doesNotContain("tried").doesNotContain(", trial ");
    }
    Files.delete(fails);
    restoresWith("sum=8");
  }

  @Test
  @DisplayName("is made where the process goes on, and it is asked for")
  void leftRunning() throws Exception {
    try (RunningProcess service = started(service("restore"))) {
      assertThat(ask(service, "image " + image, "imaged")).contains("image=" + image);
      ask(service, "add 1", "sum=8");
      assertThat(service.error()).containsPattern(", trial [1-9]\\d* ms");
      end(service);
    }
    restoresWith("sum=8");
  }

  @Test
  @DisplayName("is made of an image whose memory is mapped")
  void mapped() throws Exception {
    try (RunningProcess service = started(service("restore").property("crac.criu.map", "on"))) {
      checkpoint(service);
      assertThat(service.error()).containsPattern(", trial [1-9]\\d* ms");
    }
    assertThat(image.resolve("memory")).exists();
    restoresWith("sum=8");
    Files.delete(image.resolve("memory"));
  }

  @Test
  @DisplayName("decrypts what a passphrase opens, and leaves nothing in memory")
  void encrypted() throws Exception {
    Path passphrase = folder.resolve("passphrase");
    Files.writeString(passphrase, "0123456789abcdef0123456789abcdef\n");
    Files.setPosixFilePermissions(passphrase, PosixFilePermissions.fromString("rw-------"));
    Path other = folder.resolve("other");
    try (RunningProcess service =
        service("restore")
            .property("crac.image-encryption", "openssl:" + passphrase)
            .image(other)
            .start(folder, "service")) {
      service.awaitLine("ready");
      checkpoint(service);
      assertThat(service.error()).containsPattern(", trial [1-9]\\d* ms");
    }
    assertThat(Services.names(Path.of("/dev/shm"))).noneMatch(name -> name.startsWith("crac-"));
  }

  @Test
  @DisplayName("takes nothing from a process whose image CRIU fails at in the end: jcmd reaches it")
  void nothingTaken() throws Exception {
    Path hook =
        Services.script(
            commands.resolve("hook"),
            "#!/bin/sh",
            "[ \"$CRTOOLS_SCRIPT_ACTION\" != post-restore ] || exit 1");
    Path criu =
        criuThatRestoresBy(
            "shift",
            "exec '"
                + WorkingCriu.here().path()
                + "' restore --action-script '"
                + hook
                + "' \"$@\"");
    try (RunningProcess service = started(service("auto").property("crac.criu", criu))) {
      assertThat(ask(service, "checkpoint", "refused")).contains("as its trial has shown");
      Process jcmd =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                  Long.toString(service.pid()),
                  "VM.uptime")
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("jcmd").toFile())
              .start();
      assertThat(jcmd.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(jcmd.exitValue()).as(Files.readString(folder.resolve("jcmd"))).isZero();
      goesOn(service);
    }
    restoresWith("sum=42");
  }
}
