/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.installation.SearchPath;
import dev.cracadapters.criu.restore.RestoreScript;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("An encrypted image")
class EncryptedImageIT {

  /** The folder in memory that a dump and a restore find when TMPDIR is on a disk. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private static final String SECRET = "a word that is in memory alone, 8271";

  @TempDir Path folder;
  private Path passphrase;

  @BeforeEach
  void aPassphrase() throws Exception {
    passphrase = folder.resolve("passphrase");
    Files.writeString(passphrase, "0123456789abcdef0123456789abcdef\n");
    Files.setPosixFilePermissions(passphrase, PosixFilePermissions.fromString("rw-------"));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    nothingIsInMemory();
  }

  /** Of the decrypted image: it is removed when the process is back, or refused. */
  private static void nothingIsInMemory() throws Exception {
    Deadline.after(Duration.ofSeconds(20)).await(() -> inMemory().isEmpty());
    assertThat(inMemory()).isEmpty();
  }

  private static List<String> inMemory() {
    try {
      return Services.names(MEMORY).stream().filter(name -> name.startsWith("crac-")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Image taken() throws Exception {
    return taken("openssl:" + passphrase);
  }

  private Image taken(String encryption) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service =
        Services.command(image, "-Dcrac.image-encryption=" + encryption)
            .start(folder, "original")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      ask(service, "say " + SECRET, SECRET);
      checkpoint(service);
    }
    return new Image(image);
  }

  private static boolean isIn(Path file, String text) throws Exception {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
  }

  @Tag("essential")
  @Test
  @DisplayName("has nothing of the memory in clear, and is restored by who has the passphrase")
  void passphrase() throws Exception {
    hasNothingInClear(taken(), passphrase);
  }

  private void hasNothingInClear(Image image, Path identity) throws Exception {
    assertThat(Services.names(image.folder()))
        .containsExactly("SHA256SUMS", "dump.log", "encrypted", "manifest.json", "restore");
    List<Path> clear = new ArrayList<>();
    try (Stream<Path> files = Files.walk(image.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (isIn(file, SECRET)) {
          clear.add(file);
        }
      }
    }
    assertThat(clear).isEmpty();
    for (String clone : List.of("", "--clone")) {
      try (RunningProcess service =
          image
              .restore(
                  Stream.of("--identity", identity.toString(), clone)
                      .filter(word -> !word.isEmpty())
                      .toArray(String[]::new))
              .start(folder, "restored" + clone)) {
        service.awaitLine("restored ");
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        if (clone.isEmpty()) { // a clone has a folder of its own as long as it lives
          nothingIsInMemory();
        }
        end(service);
      }
    }
  }

  @Test
  @DisplayName("by age is restored by who has the identity of a recipient, and by nobody else")
  void recipients() throws Exception {
    assumeTrue(SearchPath.locate("age").isPresent(), "age is not here");
    assumeTrue(SearchPath.locate("age-keygen").isPresent(), "age-keygen is not here");
    Path identity = identity("identity");
    Path recipients = folder.resolve("recipients");
    shell("age-keygen -y \"$1\" > \"$2\"", identity, recipients);
    Image image = taken("age:" + recipients);
    hasNothingInClear(image, identity);
    assertThat(refusal(image, "--identity", identity("another").toString()))
        .contains("could not be decrypted")
        .contains("no identity matched");
  }

  private Path identity(String name) throws Exception {
    Path identity = folder.resolve(name);
    shell("age-keygen -o \"$1\"", identity);
    return identity;
  }

  private void shell(String commands, Path... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("sh", "-e", "-c", commands, "sh"));
    Stream.of(arguments).map(Path::toString).forEach(words::add);
    try (RunningProcess shell = RunningProcess.start(words, Map.of(), folder, "shell")) {
      assertThat(shell.awaitExit()).as(shell.told()).isZero();
    }
  }

  @Test
  @DisplayName("takes the place of one in clear, and the other way around")
  void inPlace() throws Exception {
    Image image = taken();
    try (RunningProcess service =
        restored(image, folder, "first", "--identity", passphrase.toString())) {
      ask(service, "add 1", "sum=42");
      checkpoint(service);
    }
    Image clear = Services.checkpointed(folder);
    assertThat(Services.names(clear.folder())).isEqualTo(Image.NAMES);
    Image again = taken();
    assertThat(Services.names(again.folder()))
        .containsExactly("SHA256SUMS", "dump.log", "encrypted", "manifest.json", "restore");
  }

  private String refusal(Image image, String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      return restore.error();
    }
  }

  @Test
  @DisplayName("says what it needs: what decrypts it, the right one, and itself as it was")
  void refusals() throws Exception {
    Image image = taken();
    assertThat(refusal(image))
        .contains("the image is encrypted by openssl: name what decrypts it by --identity FILE");
    Path other = Files.writeString(folder.resolve("other"), "another passphrase of 32 letters ab");
    assertThat(refusal(image, "--identity", other.toString()))
        .containsAnyOf("could not be decrypted", "is damaged");
    assertThat(image.restore("--check").start(folder, "check").awaitExit()).isZero();
    byte[] bytes = Files.readAllBytes(image.folder().resolve("encrypted"));
    bytes[bytes.length / 2] ^= 1;
    Files.write(image.folder().resolve("encrypted"), bytes);
    assertThat(refusal(image, "--identity", passphrase.toString()))
        .contains("is damaged: encrypted is not as it was written");
    assertThat(refusal(image, "--check")).contains("encrypted is not as it was written");
  }

  @Test
  @DisplayName("that is signed as well says so where it was changed, before it is decrypted")
  void changedSinceItWasSigned() throws Exception {
    Path key = folder.resolve("key");
    Files.copy(passphrase, key, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path library =
        Files.copy(
            Path.of(System.getProperty("java.home"), "lib/libprefs.so"),
            temporary.resolve("lib-1.so"));
    Path target = folder.resolve("image");
    try (RunningProcess service =
        Services.command(
                target,
                "-Djava.io.tmpdir=" + temporary,
                "-Dcrac.image-key=" + key,
                "-Dcrac.image-encryption=openssl:" + passphrase)
            .start(folder, "original")) {
      service.awaitLine("ready");
      ask(
          service,
          "call dev.cracadapters.criu.image.TemporaryFilesInUse load " + library,
          "called loaded");
      checkpoint(service);
    }
    Path launcher = Services.script(folder.resolve("launcher"), RestoreScript.launcher());
    Path encrypted = target.resolve("encrypted");
    byte[] bytes = Files.readAllBytes(encrypted);
    for (int at : List.of(bytes.length / 2, 17, bytes.length - 1)) {
      bytes[at] ^= 1;
      Files.write(encrypted, bytes);
      bytes[at] ^= 1;
      for (boolean there : List.of(true, false)) {
        if (!there) {
          Files.delete(library); // it has to be taken out of the archive
        }
        try (RunningProcess restore =
            RunningProcess.start(
                List.of(
                    launcher.toString(),
                    "--key",
                    key.toString(),
                    target.toString(),
                    "--identity",
                    passphrase.toString()),
                Map.of("TMPDIR", folder.toString()),
                folder,
                "changed")) {
          assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
          assertThat(restore.output()).isEmpty();
          assertThat(restore.error())
              .contains("was changed since it was signed: encrypted is not as it was written")
              .contains("copy it again from where it was signed")
              .doesNotContain("decrypt");
        }
        assertThat(Files.exists(library)).isEqualTo(there);
      }
      Files.copy(Path.of(System.getProperty("java.home"), "lib/libprefs.so"), library);
    }
  }

  @Test
  @DisplayName("gives back its temporary files by way of a tmpfs of its user's own")
  void temporaryFiles() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    List<Path> libraries = new ArrayList<>();
    Path target = folder.resolve("image");
    try (RunningProcess service =
        Services.command(
                target,
                "-Djava.io.tmpdir=" + temporary,
                "-Dcrac.image-encryption=openssl:" + passphrase)
            .start(folder, "original")) {
      service.awaitLine("ready");
      ask(service, "add 41", "sum=");
      for (String name : List.of("lib-1.so", "lib-2.so")) {
        libraries.add(
            Files.copy(
                Path.of(System.getProperty("java.home"), "lib/libprefs.so"),
                temporary.resolve(name)));
      }
      String call = "call dev.cracadapters.criu.image.TemporaryFilesInUse load ";
      ask(service, call + libraries.get(0), "called loaded");
      ask(service, call + libraries.get(1), "called loaded");
      checkpoint(service);
    }
    for (Path library : libraries) {
      Files.delete(library);
    }
    Path own = Files.createTempDirectory(MEMORY, "own-");
    try (RunningProcess service =
        new Image(target)
            .restore("--identity", passphrase.toString())
            .environment("TMPDIR", own.toString())
            .start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(libraries).allMatch(Files::isRegularFile);
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
      assertThat(own).isEmptyDirectory();
    } finally {
      Services.discard(own);
    }
  }

  @Test
  @DisplayName("is not taken by a command or a file that cannot encrypt, and nothing stops for it")
  void unfit() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service =
        Services.command(image, "-Dcrac.image-encryption=rot13:" + passphrase)
            .start(folder, "service")) {
      service.awaitLine("ready");
      ask(service, "checkpoint", "which names no command and file. Set it to age:FILE, ");
      end(service);
    }
    Files.writeString(passphrase, "short");
    try (RunningProcess service =
        Services.command(image, "-Dcrac.image-encryption=openssl:" + passphrase)
            .start(folder, "service2")) {
      service.awaitLine("ready");
      ask(service, "checkpoint", "its passphrase is shorter than 32 bytes");
      assertThat(ask(service, "state", "state")).contains("calls=[]");
      end(service);
    }
  }
}
