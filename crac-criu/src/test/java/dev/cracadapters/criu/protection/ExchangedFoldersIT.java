/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders that are root's own, and that lie in one of somebody else's, who may rename them at any
 * time and put others in their place.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("A folder that another user could exchange")
class ExchangedFoldersIT {

  private static final OrdinaryUser STRANGER = new OrdinaryUser(4002);
  private static final String HIS = " belongs to user 4002";

  @TempDir static Path folder;
  private static Image image;

  /** The stranger's. */
  private Path theirs;

  /** Root's own, inside. */
  private Path inside;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    image = Services.checkpointed(folder);
  }

  @BeforeEach
  void theirFolder() throws Exception {
    theirs = Files.createDirectory(folder.resolve("theirs"));
    inside = Files.createDirectory(theirs.resolve("inside"));
    Files.setAttribute(theirs, "unix:uid", 4002);
  }

  @AfterEach
  void nothingWasMadeThere() throws Exception {
    Services.assertNothingLeft(folder);
    try (Stream<Path> all = Files.walk(theirs)) {
      for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }

  private static String refusal(Image.Restore restore) throws Exception {
    try (RunningProcess refused = restore.start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      assertThat(refused.output()).isEmpty();
      return refused.error();
    }
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"", "--clone", "--check"})
  @DisplayName("is no TMPDIR for a restore, which reads, writes and executes what it makes there")
  void temporary(String option) throws Exception {
    String[] options = option.isEmpty() ? new String[0] : new String[] {option};
    Path link = Files.createSymbolicLink(folder.resolve("link" + option), inside);
    for (Path named : List.of(inside, theirs, link)) {
      assertThat(refusal(image.restore(options).environment("TMPDIR", named.toString())))
          .contains("the folder for temporary files " + named + " is not safe: " + theirs + HIS)
          .contains("name one that, like all above it, is yours or root's, in TMPDIR");
    }
    assertThat(inside).isEmptyDirectory();
  }

  @Test
  @DisplayName("is none for a restore by bash or busybox, who keep their own texts there")
  void byOtherShells() throws Exception {
    for (String shell : List.of("bash", "busybox sh")) {
      if (Files.exists(Path.of("/bin/" + shell.split(" ")[0]))) {
        assertThat(
                refusal(
                    image.restore().by(shell.split(" ")).environment("TMPDIR", inside.toString())))
            .contains(theirs + HIS);
      }
    }
  }

  @Test
  @DisplayName("is one that everybody may write to, unless it is sticky, or a pod's own volume")
  void everybodys() throws Exception {
    Path open = Files.createDirectory(folder.resolve("open"));
    Path below = Files.createDirectory(open.resolve("below"));
    Files.setAttribute(open, "unix:mode", 0777);
    for (Path named : List.of(open, below)) {
      assertThat(refusal(image.restore().environment("TMPDIR", named.toString())))
          .contains(open + " can be written by everybody")
          .contains("chmod +t " + open);
    }
    Files.setAttribute(open, "unix:mode", 0775);
    Files.setAttribute(open, "unix:gid", 4002);
    assertThat(refusal(image.restore().environment("TMPDIR", below.toString())))
        .contains(open + " can be written by the group 4002");
    Files.setAttribute(open, "unix:mode", 01777);
    for (Path named : List.of(open, below)) {
      restores(Map.of("TMPDIR", named.toString()));
    }
  }

  private static String restores(Map<String, String> environment, String... by) throws Exception {
    Image.Restore restore = image.restore().by(by);
    environment.forEach(restore::environment);
    try (RunningProcess service = restore.start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      return service.error();
    }
  }

  @Test
  @DisplayName("may be a Kubernetes pod's volume, which everybody in the pod may write to")
  void volume() throws Exception {
    Path volume = Files.createDirectory(folder.resolve("a volume"));
    String[] mounted = {
      "unshare",
      "--mount",
      "sh",
      "-c",
      "mount -t tmpfs -o mode=0777 tmpfs \"$0\" && exec \"$@\"",
      volume.toString()
    };
    Map<String, String> outside = Map.of("TMPDIR", volume.toString());
    Image.Restore refused = image.restore().by(mounted);
    outside.forEach(refused::environment);
    assertThat(refusal(refused)).contains(volume + " can be written by everybody");
    Map<String, String> pod =
        Map.of("TMPDIR", volume.toString(), "KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assertThat(restores(pod, mounted))
        .contains(volume + " can be written by everybody, which is trusted in this pod");
  }

  @Test
  @DisplayName("is not decrypted into, nor is another one in memory asked for in its place")
  void inMemory() throws Exception {
    Path passphrase = secret(folder.resolve("passphrase"));
    Image encrypted = checkpointed("encrypted", "-Dcrac.image-encryption=openssl:" + passphrase);
    assertThat(
            refusal(
                encrypted
                    .restore("--identity", passphrase.toString())
                    .environment("TMPDIR", inside.toString())))
        .contains(theirs + HIS);
    assertThat(refusal(encrypted.restore("--identity", secret(inside.resolve("mine")).toString())))
        .contains("--identity " + inside.resolve("mine"), theirs + HIS);
  }

  private static Path secret(Path file) throws IOException {
    Files.writeString(file, "0123456789abcdef0123456789abcdef\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static Image checkpointed(String name, String... options) throws Exception {
    Path target = folder.resolve(name);
    try (RunningProcess original =
        Services.command(target).options(options).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      Services.checkpoint(original);
    }
    return new Image(target);
  }

  @Tag("essential")
  @Test
  @DisplayName("is no folder for a checkpoint's temporary files, and nothing stops for that")
  void checkpoint() throws Exception {
    Path target = folder.resolve("another");
    refuses(
        Services.command(target, "-Djava.io.tmpdir=" + inside),
        Map.of(),
        "folder for temporary files " + inside + ": " + theirs + HIS,
        "is this user's or root's, by -Djava.io.tmpdir");
    refuses(
        Services.command(target),
        Map.of("TMPDIR", inside.toString()),
        "folder for temporary files " + inside + ": " + theirs + HIS,
        "by the environment variable TMPDIR");
    assertThat(target).doesNotExist();
    assertThat(inside).isEmptyDirectory();
  }

  private static void refuses(JvmCommand command, Map<String, String> environment, String... words)
      throws Exception {
    try (RunningProcess service =
        RunningProcess.start(command.words(), environment, folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused")).contains(words);
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }

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

  @Test
  @DisplayName("is not mapped into the process, whoever owns what is in it")
  void mapped() throws Exception {
    for (Path named : List.of(inside, Files.createFile(inside.resolve("file")))) {
      assertThat(refusal(image.restore("--map", "/opt/data=" + named)))
          .contains("--map /opt/data=" + named + ": " + theirs + HIS);
      assertThat(refusal(image.restore("--map", "/opt/data=" + named, "--clone")))
          .contains(theirs + HIS);
    }
    // Nor is anything mounted where its place could be exchanged.
    Path data = Files.createDirectory(folder.resolve("data"));
    Path turned = Files.createSymbolicLink(theirs.resolve("turned"), data);
    for (Path old : List.of(inside, inside.resolve("new/data"), turned)) {
      assertThat(refusal(image.restore("--map", old + "=" + data)))
          .contains("--map " + old + "=" + data + ": " + theirs + HIS)
          .contains("make " + old + " where nobody else can");
    }
    assertThat(inside.resolve("new")).doesNotExist();
    Path own = Files.createDirectory(folder.resolve("own"));
    try (RunningProcess service = restored(image, folder, "map", "--map", "/opt/data=" + own)) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    } finally {
      Files.delete(Path.of("/opt/data"));
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
        .contains("the key " + other + " is not safe: " + theirs + HIS);
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(launcherRefusal("--key", key.toString(), signed.folder().toString()))
        .contains("it is a secret, and others may read it: close it (chmod go-rwx " + key);

    Path copy = inside.resolve("image");
    Files.createDirectory(copy);
    Services.script(copy.resolve("restore"), "#!/bin/sh", "echo I work");
    assertThat(launcherRefusal(copy.toString()))
        .contains(theirs + HIS + ", who could change it: give it to user 0 (chown)");
    Path given = Files.createDirectory(folder.resolve("given"));
    Path script = Services.script(given.resolve("restore"), "#!/bin/sh", "echo I work");
    Files.setAttribute(script, "unix:uid", 4002);
    assertThat(launcherRefusal(given.toString())).contains(script + HIS);
    Files.setAttribute(script, "unix:uid", 0);
    // What it means of a folder it does not mean of a file.
    Files.setAttribute(script, "unix:mode", 01777);
    assertThat(launcherRefusal(given.toString()))
        .contains(script + " can be written by others (mode 1777)");
    Files.setAttribute(script, "unix:mode", 0755);
    Files.setAttribute(given, "unix:mode", 01777);
    assertThat(launcherRefusal(given.toString()))
        .contains(given + " can be written by others (mode 1777)");
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

  private static String told(List<String> words, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>(words);
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    try (RunningProcess shell = RunningProcess.start(command, Map.of(), folder, "told")) {
      assertThat(shell.awaitExit()).as(shell.told()).isZero();
      return shell.output().replaceFirst("\n$", "");
    }
  }
}
