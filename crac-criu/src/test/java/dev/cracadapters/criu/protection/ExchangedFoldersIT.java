/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders that are root's own, and that lie in one of somebody else's, who may rename them at any
 * time and put others in their place.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("A folder that another user could exchange")
class ExchangedFoldersIT extends ExchangedFixture {

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
          .contains(
              "give it to user 0 (chown) where you trust whoever made it, or name another one, in TMPDIR");
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
          .contains(open + " may be written by everybody")
          .contains("chmod +t " + open);
    }
    Files.setAttribute(open, "unix:mode", 0775);
    Files.setAttribute(open, "unix:gid", 4002);
    assertThat(refusal(image.restore().environment("TMPDIR", below.toString())))
        .contains(open + " may be written by the group 4002");
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
    assertThat(refusal(refused)).contains(volume + " may be written by everybody");
    Map<String, String> pod =
        Map.of("TMPDIR", volume.toString(), "KUBERNETES_SERVICE_HOST", "10.0.0.1");
    assertThat(restores(pod, mounted))
        .contains(volume + " may be written by everybody, which is trusted in this pod");
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
}
