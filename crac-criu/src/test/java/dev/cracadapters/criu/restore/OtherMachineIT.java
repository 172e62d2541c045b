/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
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
@DisplayName("On another machine an image")
class OtherMachineIT {

  @TempDir static Path folder;
  private static Image kept;

  private String name;
  private Image image;

  @BeforeAll
  static void takeACheckpointAndRemoveTheOriginal() throws Exception {
    Image original = Services.checkpointed(folder);
    kept = new Image(Files.move(original.folder(), folder.resolve("kept")));
  }

  @BeforeEach
  void copy(TestInfo test) throws Exception {
    name = test.getTestMethod().orElseThrow().getName();
    image = new Image(folder.resolve("image-" + name));
    Services.copy(kept.folder(), image.folder());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private void restores(Image.Restore restore) throws Exception {
    try (RunningProcess service = restore.start(folder, name)) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("restores from any folder, with the original gone")
  void moved() throws Exception {
    restores(image.restore());
    restores(image.restore("--clone"));
  }

  @Test
  @DisplayName("restores by a link to its script, and by a link to that link")
  void link() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), image.folder().resolve("restore"));
    Path other = Files.createSymbolicLink(folder.resolve("other"), link.getFileName());
    restores(image.restore().by("sh", "-c", "exec \"$0\"", other.toString()));
  }

  @Test
  @DisplayName("says that the criu that CRAC_CRIU names is not here, and takes no other")
  void noSuchCriu() throws Exception {
    try (RunningProcess restore =
        image.restore("--check").environment("CRAC_CRIU", "/no/criu").start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.error()).contains("CRAC_CRIU names /no/criu, which is not here");
    }
  }

  @Test
  @DisplayName("restores from a copy that lost its modes and times")
  void withoutModes() throws Exception {
    try (Stream<Path> files = Files.walk(image.folder())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2001-02-03T04:05:06Z")));
      }
    }
    restores(image.restore().by("sh"));
    restores(image.restore("--clone").by("sh"));
  }

  @Test
  @DisplayName("restores from a read-only mount")
  void readOnly() throws Exception {
    String mounted =
        "mount --bind '%1$s' '%1$s' && mount -o remount,bind,ro '%1$s' && ! touch '%1$s/x' 2>&1 && exec \"$@\""
            .formatted(image.folder());
    restores(image.restore().by("unshare", "--mount", "sh", "-c", mounted, "caller"));
    restores(image.restore("--clone").by("unshare", "--mount", "sh", "-c", mounted, "caller"));
  }

  @Test
  @DisplayName("says that /proc is another PID namespace's")
  void foreignProc() throws Exception {
    for (String option : List.of("", "--clone")) {
      Image.Restore restore = option.isEmpty() ? image.restore() : image.restore(option);
      try (RunningProcess refused =
          restore.by("unshare", "--pid", "--fork", "--kill-child").start(folder, name)) {
        assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
        assertThat(refused.error())
            .contains("restore: /proc is not the one of this PID namespace: it shows this process")
            .contains("restore: mount it (mount -t proc proc /proc), or start the namespace with");
      }
    }
  }

  private void edit(String from, String to) throws Exception {
    image.edit(text -> text.replaceFirst(from, to));
  }

  private List<String> findings(String... options) throws Exception {
    try (RunningProcess restore = image.restore(options).start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      assertThat(restore.output()).isEmpty();
      List<String> lines = restore.error().lines().toList();
      assertThat(lines.get(0))
          .isEqualTo("restore: the image " + image.folder() + " cannot be restored here:");
      return lines.stream().skip(1).map(line -> line.replaceFirst("^restore:   - ", "")).toList();
    }
  }

  private static String thisKernel() {
    return System.getProperty("os.version").replaceAll("^(\\d+\\.\\d+).*", "$1");
  }

  @Tag("essential")
  @Test
  @DisplayName("says that the kernel is older, and restores where it is told to")
  void olderKernel() throws Exception {
    assertThat(kept.folder().resolve("restore"))
        .content()
        .contains("\nkernel='" + thisKernel() + "'\n");
    for (String newer : List.of("99.0", thisKernel() + ".1")) {
      edit("\nkernel='.*'", "\nkernel='" + newer + "'");
      assertThat(findings())
          .containsExactly(
              "this kernel is %s: the image was made on %s. Restore on such or a newer one, or with --older-kernel"
                  .formatted(thisKernel(), newer));
    }
    restores(image.restore("--older-kernel"));
  }

  @Test
  @DisplayName("restores on a newer kernel")
  void newerKernel() throws Exception {
    edit("\nkernel='.*'", "\nkernel='3.99'");
    restores(image.restore());
  }

  @Test
  @DisplayName(
      "tells all in one message: architecture, CPU, kernel, memory, CRIU, and damage when checked")
  void allAtOnce() throws Exception {
    edit("machine='x86_64'", "machine='riscv64'");
    edit("\ncpu='", "\ncpu='avx9000 ");
    edit("\nkernel='", "\nkernel='9");
    edit("\nbytes=", "\nbytes=999999999");
    edit("\ncriu_version='", "\ncriu_version='9");
    edit("\ncriu_mark='", "\ncriu_mark='1");
    assertThat(findings())
        .satisfiesExactly(
            one -> assertThat(one).isEqualTo("this machine is x86_64: the image needs riscv64"),
            one -> assertThat(one).startsWith("this CPU lacks avx9000: "),
            one -> assertThat(one).startsWith("this kernel is " + thisKernel()),
            one ->
                assertThat(one)
                    .matches("\\d+ MB of memory are free here: the process needs 9\\d+ MB"),
            one ->
                assertThat(one)
                    .matches(
                        ".*criu is CRIU \\d+\\.\\d\\S*: the image was made by 9\\S+\\. Install that"
                            + " one, or a newer one"));
    Files.writeString(image.folder().resolve("criu/added.img"), "more");
    assertThat(findings("--check"))
        .hasSize(6)
        .last()
        .asString()
        .isEqualTo("it is damaged: a file was added to " + image.folder());
  }

  @Test
  @DisplayName("restores with a newer CRIU than its own")
  void newerCriu() throws Exception {
    edit("\ncriu_version='.*'", "\ncriu_version='3.99.9'");
    edit("\ncriu_mark='", "\ncriu_mark='1");
    restores(image.restore());
  }
}
