/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A restore")
class RestoreIT {

  @TempDir static Path folder;
  private static Image image;
  private static String stateBefore;
  private static long pid;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    Path target = folder.resolve("image");
    JvmCommand command = Services.command(target).environment("GIVEN", "to the original");
    try (RunningProcess original = command.start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      stateBefore = ask(original, "state", "state");
      pid = original.pid();
      Services.checkpoint(original);
    }
    image = new Image(target);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "gives the process back with its state, as often as one likes, each time as another instance")
  void again() throws Exception {
    Set<String> instances = new HashSet<>();
    for (int turn = 0; turn < 3; turn++) {
      try (RunningProcess service = restored(image, folder, "again" + turn)) {
        String line = service.awaitLine("restored");
        instances.add(line.replaceAll(".*instance=(\\S+).*", "$1"));
        assertThat(ask(service, "state", "state"))
            .isEqualTo(stateBefore.replace("[]", "[-high, -low, +low, +high]"));
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
        end(service);
      }
    }
    assertThat(instances).hasSize(3);
  }

  @Test
  @DisplayName("hands over its arguments, whatever is in them")
  void arguments() throws Exception {
    try (RunningProcess service =
        image
            .restore()
            .arguments("one", "two words", "", "--clone", "it's \"quoted\" $HOME *", "last")
            .start(folder, "arguments")) {
      assertThat(service.awaitLine("restored"))
          .contains("arguments=[one, two words, , --clone, it's \"quoted\" $HOME *, last] image=");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("hands over its caller's environment")
  void environment() throws Exception {
    try (RunningProcess service =
        image.restore().environment("GIVEN", "to the restore = 1").start(folder, "environment")) {
      service.awaitLine("restored");
      assertThat(ask(service, "environment GIVEN", "environment"))
          .isEqualTo("environment to the restore = 1");
      end(service);
    }
    try (RunningProcess service = restored(image, folder, "no-environment")) {
      assertThat(ask(service, "environment GIVEN", "environment")).isEqualTo("environment null");
      end(service);
    }
  }

  @Test
  @DisplayName("keeps its files in a TMPDIR that is named from where it is called")
  void relativeFolder() throws Exception {
    String named = Path.of("").toAbsolutePath().relativize(folder).toString();
    try (RunningProcess service =
        image.restore().environment("TMPDIR", named).start(folder, "relative")) {
      service.awaitLine("restored");
      end(service);
    }
  }

  @Test
  @DisplayName("tells the report where the image is and how large")
  void report() throws Exception {
    long bytes = 0;
    for (String name : Services.names(image.folder().resolve("criu"))) {
      bytes += Files.size(image.folder().resolve("criu").resolve(name));
    }
    try (RunningProcess service = restored(image, folder, "report")) {
      assertThat(service.awaitLine("restored"))
          .endsWith("image=" + image.folder().toRealPath() + " bytes=" + bytes);
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("works from a copy of the image folder, with blanks and quotes in its name")
  void copied() throws Exception {
    Path copy = folder.resolve("another folder/the \"service's\" $HOME");
    Services.copy(image.folder(), copy);
    try (RunningProcess service = restored(new Image(copy), folder, "copied")) {
      assertThat(service.awaitLine("restored")).contains("image=" + copy.toRealPath());
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Test
  @DisplayName("leaves the process no descriptor of its caller")
  void descriptors() throws Exception {
    try (RunningProcess service =
        image
            .restore()
            .by("bash", "-c", "exec 5< /etc/hostname 12< /etc/hostname; exec \"$@\"", "caller")
            .start(folder, "descriptors")) {
      service.awaitLine("restored");
      assertThat(ask(service, "descriptors", "descriptors"))
          .doesNotContain("/etc/hostname", "release", "mailbox", "restore.log", "/events");
      end(service);
    }
  }

  @Test
  @DisplayName("only checks the image when asked to")
  void check() throws Exception {
    try (RunningProcess check = image.restore("--check").start(folder, "check")) {
      assertThat(check.awaitExit()).as(check.told()).isZero();
      assertThat(check.output() + check.error()).isEmpty();
    }
  }

  @Test
  @DisplayName("explains itself, and refuses what it does not know, in one line")
  void usage() throws Exception {
    try (RunningProcess help = image.restore("--help").start(folder, "help")) {
      assertThat(help.awaitExit()).as(help.told()).isZero();
      assertThat(help.output()).startsWith("Usage: IMAGE/restore [--clone [--net]]");
    }
    try (RunningProcess wrong = image.restore("--clones").start(folder, "wrong")) {
      assertThat(wrong.awaitExit()).as(wrong.told()).isEqualTo(2);
      assertThat(wrong.error())
          .isEqualTo(
              "restore: --clones is no option; an argument for the process comes after --;"
                  + " see restore --help\n");
    }
    try (RunningProcess wrong = image.restore("--net").start(folder, "net-alone")) {
      assertThat(wrong.awaitExit()).as(wrong.told()).isEqualTo(2);
      assertThat(wrong.error()).isEqualTo("restore: --net goes with --clone; see restore --help\n");
    }
  }

  @Test
  @DisplayName("finds an image for its owner alone, with nothing left from making it")
  void files() throws Exception {
    assertThat(Services.names(image.folder())).isEqualTo(Image.NAMES);
    try (Stream<Path> files = Files.walk(image.folder())) {
      for (Path file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .endsWith("------");
      }
    }
    assertThat(Services.names(image.folder().resolve("criu"))).contains("pages-1.img");
  }

  @Test
  @DisplayName("finds a manifest that says what the image is")
  void manifest() throws Exception {
    Map<String, List<String>> values = new HashMap<>();
    try (JsonParser json =
        new JsonFactory().createParser(image.folder().resolve("manifest.json").toFile())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isScalarValue()) {
          String path = json.getParsingContext().pathAsPointer().toString();
          values
              .computeIfAbsent(path.replaceAll("/\\d+", ""), key -> new ArrayList<>())
              .add(json.getText());
        }
      }
    }
    assertThat(values.get("/format")).isEqualTo(List.of("1"));
    assertThat(values.get("/pid")).isEqualTo(List.of(Long.toString(pid)));
    assertThat(values.get("/javaHome"))
        .isEqualTo(List.of(Path.of(System.getProperty("java.home")).toRealPath().toString()));
    assertThat(values.get("/jdk").get(0)).contains(System.getProperty("java.vm.version"));
    assertThat(values.get("/kernel")).isEqualTo(List.of(System.getProperty("os.version")));
    assertThat(values.get("/criu").get(0)).matches("\\d+\\.\\d+.*");
    assertThat(values.get("/resources")).isEqualTo(List.of("high", "low"));
    assertThat(values.get("/standardStreams").get(1))
        .isEqualTo(folder.toRealPath().resolve("original.out").toString());
    assertThat(values.get("/classPath/path")).anyMatch(path -> path.contains("jackson-core"));
    List<String> names = values.get("/files/name");
    assertThat(names)
        .isEqualTo(
            Stream.concat(
                    Services.names(image.folder().resolve("criu")).stream()
                        .map(name -> "criu/" + name),
                    Stream.of("perfdata"))
                .toList());
    long memory = 0;
    for (int i = 0; i < names.size(); i++) {
      Path file = image.folder().resolve(names.get(i));
      assertThat(values.get("/files/bytes").get(i)).isEqualTo(Long.toString(Files.size(file)));
      assertThat(values.get("/files/sha256").get(i)).as(names.get(i)).isEqualTo(digest(file));
      memory += names.get(i).startsWith("criu/") ? Files.size(file) : 0;
    }
    assertThat(values.get("/imageBytes")).isEqualTo(List.of(Long.toString(memory)));
  }

  private static String digest(Path file) throws Exception {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  @Test
  @DisplayName("finds the SHA-256 of every file, as sha256sum reads and writes it")
  void digests() throws Exception {
    List<String> expected = new ArrayList<>();
    try (Stream<Path> files = Files.walk(image.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = image.folder().relativize(file).toString();
        if (!name.equals("SHA256SUMS") && !name.equals("dump.log")) { // CRIU writes on
          expected.add(digest(file) + "  " + name);
        }
      }
    }
    assertThat(Files.readAllLines(image.folder().resolve("SHA256SUMS")))
        .containsExactlyInAnyOrderElementsOf(expected);
  }
}
