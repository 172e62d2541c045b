/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user")
class RootlessIT {

  private static final OrdinaryUser USER = new OrdinaryUser(65534);
  private static final OrdinaryUser OTHER = new OrdinaryUser(64123);
  private static final String[] ALL = {"checkpoint_restore", "sys_ptrace", "setpcap"};

  @TempDir static Path folder;
  private static Path criu;
  private static Path ofTheUser;
  private static Image image;
  private static String stateBefore;

  private String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path java = Path.of(System.getProperty("java.home"), "bin/java");
    for (Path one : List.of(folder, java)) {
      assumeTrue(USER.canUse(one), "the user " + USER.uid() + " may not use " + one);
    }
    criu = USER.criu();
    ofTheUser = Files.createDirectory(folder.resolve("user"));
    USER.give(ofTheUser);
    Path target = ofTheUser.resolve("image");
    try (RunningProcess original = service(target).by(USER.by(ALL)).start(ofTheUser, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      stateBefore = ask(original, "state", "state");
      Services.checkpoint(original);
    }
    image = new Image(target);
  }

  @BeforeEach
  void name(TestInfo test) {
    name = test.getTestMethod().orElseThrow().getName();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(ofTheUser)).noneMatch(file -> file.startsWith("crac-restore"));
  }

  private static JvmCommand service(Path target) throws Exception {
    return JvmCommand.ofMainClass(CommandedService.class.getName())
        .without("logback", "byte-buddy", "junit", "assertj")
        .forEveryone()
        .options("-Xmx256m")
        .property("crac.image", target)
        .property("crac.criu", criu);
  }

  private RunningProcess restored(Image.Restore restore, String suffix) throws Exception {
    RunningProcess service = restore.start(ofTheUser, name + suffix);
    service.awaitLine("restored ");
    return service;
  }

  /** Checks that it is the process of the checkpoint, and of whom. */
  private static void assertIsTheUsers(RunningProcess service, long hostPid) throws Exception {
    assertThat(ask(service, "state", "state"))
        .isEqualTo(stateBefore.replace("[]", "[-high, -low, +low, +high]"));
    assertThat(Files.readAllLines(Path.of("/proc/" + hostPid + "/status")))
        .contains("Uid:" + ("\t" + USER.uid()).repeat(4), "Gid:" + ("\t" + USER.uid()).repeat(4));
  }

  private String refusal(Image.Restore restore) throws Exception {
    try (RunningProcess process = restore.start(ofTheUser, name)) {
      assertThat(process.awaitExit()).as(process.told()).isEqualTo(125);
      assertThat(process.output()).isEmpty();
      return process.error();
    }
  }

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

  @Tag("essential")
  @Test
  @DisplayName("with three capabilities restores the process, as often as one likes")
  void walk() throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "" + turn)) {
        assertIsTheUsers(service, image.pid());
        assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
  }

  @Test
  @DisplayName("does not mind what another's process of that PID has left in /tmp")
  void leftByAnother() throws Exception {
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    List<Path> left = List.of(socket, Path.of(socket + ".tmp"));
    for (Path one : left) {
      Files.deleteIfExists(one); // another JVM's, of long ago
      Files.createFile(one);
    }
    try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "")) {
      assertIsTheUsers(service, image.pid());
      assertThat(service.error()).isEmpty();
      end(service);
      assertThat(left).allMatch(Files::exists);
    } finally {
      for (Path one : left) {
        Files.deleteIfExists(one);
      }
    }
  }

  @Test
  @DisplayName("is passed the signals that the restore gets")
  void signals() throws Exception {
    try (RunningProcess service = restored(image.restore().by(USER.by(ALL)), "")) {
      service.signal("TERM");
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(143);
      assertThat(service.output()).contains("shutdown hook");
    }
  }

  @Test
  @DisplayName("is the only one who can read the image, whatever the umask is")
  void files() throws Exception {
    Path target = ofTheUser.resolve("image-open");
    try (RunningProcess original =
        service(target)
            .by("sh", "-c", "umask 000; exec \"$@\"", "umask")
            .by(USER.by(ALL))
            .start(ofTheUser, name)) {
      original.awaitLine("ready");
      Services.checkpoint(original);
    }
    List<Path> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(target)) {
      files.forEach(all::add);
    }
    assertThat(all).hasSizeGreaterThan(20);
    for (Path one : all) {
      assertThat(Files.getAttribute(one, "unix:uid")).as(one.toString()).isEqualTo(65534);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .as(one.toString())
          .endsWith("------");
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
        .contains("user 65534 lacks the capability CHECKPOINT_RESTORE");
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
    Path capable = criuWithCapabilities();
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

  /** The one that tools/criu brought is started by a loader of its own: that gets them. */
  private static Path criuWithCapabilities() throws Exception {
    Path home = folder.resolve("capable");
    Path brought = criu.toRealPath().getParent().getParent().resolve("root");
    assumeTrue(Files.isDirectory(brought), "CRIU is not one that tools/criu has brought");
    Process made =
        new ProcessBuilder(
                "sh",
                "-ec",
                """
                mkdir "$1"
                for one in "$2"/usr/lib64/ld-linux-x86-64.so.2 "$2"/lib64/ld-linux-x86-64.so.2; do
                  [ ! -e "$one" ] || cp -L "$one" "$1/loader"
                done
                libraries=$(echo "$2"/usr/lib/*-linux-gnu)
                cat > "$1/criu" << SCRIPT
                #!/bin/sh
                exec "$1/loader" --library-path "$libraries" "$2/usr/sbin/criu" "\\$@"
                SCRIPT
                chmod 755 "$1" "$1"/*
                PATH=$PATH:/usr/sbin:/sbin
                setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip "$1/loader"
                """,
                "sh",
                home.toString(),
                brought.toString())
            .inheritIO()
            .start();
    assumeTrue(made.waitFor() == 0, "files cannot be given capabilities here (setcap)");
    return home.resolve("criu");
  }

  @Test
  @DisplayName("is freed of a CRIU that hangs for want of SETPCAP, where nobody foresaw it")
  void hangs() throws Exception {
    Image unforeseen = new Image(ofTheUser.resolve("unforeseen"));
    Services.copy(image.folder(), unforeseen.folder());
    Path script = unforeseen.folder().resolve("restore");
    String text = Files.readString(script);
    assertThat(text).contains("process_bounded='true'", "limit_seconds='60'");
    Files.writeString(
        script,
        text.replace("process_bounded='true'", "process_bounded='false'")
            .replace("limit_seconds='60'", "limit_seconds='2'")
            .replaceAll("process_capabilities='.*'", "process_capabilities='0x0'"));
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
      assertThat(process.awaitExit()).isNotZero();
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

  @Tag("essential")
  @Test
  @DisplayName("gets the process back as the user's own when root restores it")
  void byRoot() throws Exception {
    for (int turn = 0; turn < 2; turn++) {
      try (RunningProcess service = restored(image.restore(), "" + turn)) {
        assertIsTheUsers(service, image.pid());
        service.send("exit 7");
        assertThat(service.awaitExit()).as(service.told()).isEqualTo(7);
      }
    }
    try (RunningProcess service = restored(image.restore("--clone"), "-clone")) {
      assertIsTheUsers(service, service.below(image.pid()).orElseThrow());
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("makes clones, even without any capability")
  void clones() throws Exception {
    assumeTrue(userNamespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess one = restored(image.restore("--clone").by(USER.by()), "1");
        RunningProcess two = restored(image.restore("--clone", "--net").by(USER.by()), "2")) {
      for (RunningProcess service : List.of(one, two)) {
        assertIsTheUsers(service, service.below(image.pid()).orElseThrow());
        assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      }
      assertThat(ask(two, "loopback 8080", "loopback")).isEqualTo("loopback 42");
      one.send("exit 7");
      assertThat(one.awaitExit()).as(one.told()).isEqualTo(7);
      two.signal("TERM");
      assertThat(two.awaitExit()).as(two.told()).isEqualTo(143);
      assertThat(two.output()).contains("shutdown hook");
    }
  }

  @Test
  @DisplayName("is told that another's pipe cannot be the process's standard input")
  void foreignPipe() throws Exception {
    assertThat(refusal(image.restore().by(USER.withoutPipe(ALL))))
        .contains("standard input is a pipe of another user, which 65534 may not open again");
  }

  private boolean userNamespaces() throws Exception {
    List<String> command = new ArrayList<>(List.of(USER.by()));
    command.addAll(List.of("unshare", "--user", "--map-root-user", "true"));
    try (RunningProcess unshare =
        RunningProcess.start(command, java.util.Map.of(), ofTheUser, name + "-unshare")) {
      return unshare.awaitExit() == 0;
    }
  }

  /** A machine on which more or less time has passed since it was booted. */
  private static String[] later(int seconds) {
    return new String[] {
      "unshare",
      "--time",
      "--monotonic=" + seconds,
      "--boottime=" + seconds,
      "--fork",
      "--kill-child"
    };
  }

  @Test
  @DisplayName("restores the process an hour later, though its clock has jumped")
  void anHourLater() throws Exception {
    // Long enough for the process to wait for its mail on the new clock.
    Path slow = Files.createDirectory(ofTheUser.resolve("slow"));
    Services.script(slow.resolve("cksum"), "#!/bin/sh", "sleep 1", "exec /usr/bin/cksum \"$@\"");
    USER.give(slow);
    try (RunningProcess service =
        restored(
            image
                .restore()
                .environment("PATH", slow + ":" + System.getenv("PATH"))
                .by(USER.by(ALL))
                .by(later(3600)),
            "")) {
      assertIsTheUsers(service, image.pid());
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      end(service);
    }
  }

  @Test
  @DisplayName("is told after a reboot that the timers would stand still, and clones go on")
  void afterAReboot() throws Exception {
    String up = Files.readString(Path.of("/proc/uptime"));
    int seconds = (int) Double.parseDouble(up.substring(0, up.indexOf(' ')));
    String[] young = later(10 - seconds);
    assertThat(refusal(image.restore().by(USER.by(ALL)).by(young)))
        .contains("this machine has been up for 1")
        .contains("the process's timers would stand still until then")
        .contains("restore it with --clone, or as root");
    assumeTrue(userNamespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess service =
        restored(image.restore("--clone").by(USER.by(ALL)).by(young), "-clone")) {
      assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
      end(service);
    }
  }
}
