/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("soak")
@RequiresCriu
@DisplayName("A signed image")
class SignedImageIT {

  @TempDir Path folder;
  private Path launcher;
  private Path key;

  @BeforeEach
  void theLauncher() throws Exception {
    launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    key = folder.resolve("key");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static void secret(Path file, int bytes, long seed) throws Exception {
    byte[] secret = new byte[bytes];
    new Random(seed).nextBytes(secret);
    Files.write(file, secret);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private void openssl(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    try (RunningProcess openssl = RunningProcess.start(command, Map.of(), folder, "openssl")) {
      assertThat(openssl.awaitExit()).as(openssl.told()).isZero();
    }
  }

  /** Makes a pair, and returns the file of the public one. */
  private Path keyPair(String... algorithm) throws Exception {
    List<String> words = new java.util.ArrayList<>(List.of("genpkey", "-out", key.toString()));
    words.addAll(List.of(algorithm));
    openssl(words.toArray(String[]::new));
    Path open = folder.resolve("public");
    openssl("pkey", "-in", key.toString(), "-pubout", "-out", open.toString());
    return open;
  }

  private Image signed() throws Exception {
    return Services.checkpointed(folder, "-Dcrac.image-key=" + key);
  }

  private RunningProcess launch(Image image, Path by, String... options) throws Exception {
    List<String> command =
        new java.util.ArrayList<>(
            List.of(launcher.toString(), "--key", by.toString(), image.folder().toString()));
    command.addAll(List.of(options));
    return RunningProcess.start(command, Map.of("TMPDIR", folder.toString()), folder, "launched");
  }

  private void restores(Image image, Path by) throws Exception {
    try (RunningProcess service = launch(image, by)) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private String refusal(Image image, Path by) throws Exception {
    try (RunningProcess restore = launch(image, by)) {
      restore.send("say I work");
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      return restore.error();
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("is restored by who has the same secret, and refused where it was changed")
  void secret() throws Exception {
    secret(key, 32, 1);
    Image image = signed();
    restores(image, key);
    Path other = folder.resolve("other");
    secret(other, 32, 2);
    assertThat(refusal(image, other))
        .contains("does not carry the signature of " + other + ": its key is another one, or it");
    changeTheRest(image, key);
  }

  private void changeTheRest(Image image, Path by) throws Exception {
    Path pages = image.folder().resolve("criu/pages-1.img");
    flip(pages);
    assertThat(refusal(image, by))
        .contains("was changed since it was signed: criu/pages-1.img is not as it was");
    flip(pages);
    restores(image, by);
    // With the digest in SHA256SUMS changed, too, as an attacker would.
    image.edit(text -> text.replace("set -u\n", "set -u; echo I work\n"));
    assertThat(refusal(image, by)).contains("does not carry the signature of");
  }

  private static void flip(Path file) throws Exception {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(access.length() / 2);
      int value = access.read();
      access.seek(access.length() / 2);
      access.write(~value);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ED25519", "RSA", "EC -pkeyopt ec_paramgen_curve:P-256"})
  @DisplayName("is restored by who has the public key of the pair")
  void pair(String algorithm) throws Exception {
    Path open = keyPair(("-algorithm " + algorithm).split(" "));
    Image image = signed();
    restores(image, open);
    changeTheRest(image, open);
  }

  @Test
  @DisplayName("is one only by the whole of its signed list")
  void restoreOfAnother() throws Exception {
    secret(key, 40, 1);
    Image image = signed();
    Path script = image.folder().resolve("restore");
    Files.writeString(
        script, Files.readString(script).replace("set -u\n", "set -u; echo I work\n"));
    assertThat(refusal(image, key)).contains("restore is not the one that was signed");
    Files.delete(image.folder().resolve("SHA256SUMS.sig"));
    assertThat(refusal(image, key)).contains("is not signed: take it with crac.image-key");
  }

  @Test
  @DisplayName("is refused where others may write to it")
  void open() throws Exception {
    secret(key, 32, 1);
    Image image = signed();
    Files.setPosixFilePermissions(image.folder(), PosixFilePermissions.fromString("rwxrwx-w-"));
    assertThat(refusal(image, key))
        .contains(
            "may be written by everybody, and the image could be exchanged: take that right away");
  }

  @Test
  @DisplayName("is not taken with a key that cannot sign, and nothing stops for that")
  void unfitKeys() throws Exception {
    secret(key, 31, 1);
    try (RunningProcess service = command().start(folder, "service")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("image key " + key + ": it has 31 bytes, and a secret needs 32");
      secret(key, 32, 1);
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
      ask(service, "checkpoint", "others than its owner may read it. Close it: chmod 600");
      Files.delete(key);
      openssl("genpkey", "-algorithm", "X25519", "-out", key.toString());
      ask(service, "checkpoint", "it cannot sign (");
      Files.delete(key);
      ask(service, "checkpoint", "there is no such file");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }

  private JvmCommand command() {
    return Services.command(folder.resolve("image")).options("-Dcrac.image-key=" + key);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 65, 200})
  @DisplayName("by a secret has its HMAC, as Java has it")
  void hmac(int bytes) throws Exception {
    secret(key, bytes, bytes);
    Path text = folder.resolve("text");
    secret(text, 1000, 3);
    try (RunningProcess sh =
        RunningProcess.start(
            List.of(
                "sh",
                "-c",
                RestoreScript.part("signature") + "\nsign \"$1\" \"$2\"",
                "sh",
                text.toString(),
                key.toString()),
            Map.of(),
            folder,
            "hmac")) {
      assertThat(sh.awaitExit()).as(sh.told()).isZero();
    }
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Files.readAllBytes(key), "HmacSHA256"));
    assertThat(folder.resolve("text.sig"))
        .hasContent(HexFormat.of().formatHex(mac.doFinal(Files.readAllBytes(text))));
  }
}
