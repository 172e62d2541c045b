/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.doctor.Finding.Level;
import dev.cracadapters.criu.installation.Distribution;
import dev.cracadapters.criu.memory.Collector;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("What the doctor finds")
class FindingsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ID=debian;VERSION_ID=\"13\"|apt-get install criu;",
        "ID=debian;VERSION_ID=\"12\"|java -jar crac-criu.jar doctor --install-criu /opt/criu (Debian 12's own CRIU",
        "ID=debian|apt-get install criu;",
        "ID=ubuntu;ID_LIKE=debian;VERSION_ID=\"24.04\"|add-apt-repository ppa:criu/ppa",
        "ID=linuxmint;ID_LIKE=\"ubuntu debian\"|add-apt-repository ppa:criu/ppa",
        "ID=fedora;VERSION_ID=43|dnf install criu;",
        "ID=\"rocky\";ID_LIKE=\"rhel centos fedora\"|dnf install criu;",
        "ID=alpine;VERSION_ID=3.22.0|apk add criu (",
        "ID=arch|pacman -S criu;",
        "ID=\"opensuse-leap\";ID_LIKE=\"suse opensuse\"|zypper install criu;",
        "ID=own|Install CRIU 4.0 or newer by this distribution's package, or build it",
      })
  @DisplayName("names the command that installs CRIU on each distribution")
  void distributions(String release, String command) {
    assertThat(Distribution.of(release.replace(';', '\n')).install())
        .startsWith(command)
        .endsWith("or name one by -Dcrac.criu=/path/to/criu (here: --criu)");
  }

  @Test
  @DisplayName("warns of a kernel without the capability CHECKPOINT_RESTORE")
  void kernels() {
    assertThat(KernelFindings.version("5.8.0-1").level()).isEqualTo(Level.WARNING);
    assertThat(KernelFindings.version("5.9.0").level()).isEqualTo(Level.OK);
    assertThat(KernelFindings.version("6.18.44-fc-v595").level()).isEqualTo(Level.OK);
    assertThat(KernelFindings.version("4.18.0-553.el8.x86_64").text())
        .contains("no capability CHECKPOINT_RESTORE");
  }

  @Test
  @DisplayName("refuses PID 1")
  void pid() {
    assertThat(PlaceFindings.pid(1).level()).isEqualTo(Level.FAILS);
    assertThat(PlaceFindings.pid(2).level()).isEqualTo(Level.OK);
  }

  @Test
  @DisplayName("warns of a /tmp for reading, and fails where nothing else is there")
  void temporary() {
    assertThat(PlaceFindings.temporary(true, true)).isEmpty();
    assertThat(PlaceFindings.temporary(false, true).orElseThrow().level()).isEqualTo(Level.WARNING);
    assertThat(PlaceFindings.temporary(false, false).orElseThrow().level()).isEqualTo(Level.FAILS);
  }

  private static Finding collector(Collector collector, String... flags) {
    return JvmFindings.collector(
        collector,
        name ->
            Stream.of(flags)
                .filter(flag -> flag.startsWith(name + "="))
                .map(flag -> flag.substring(name.length() + 1))
                .findFirst());
  }

  @Test
  @DisplayName("warns of a collector that keeps free memory as it was started")
  void collectors() {
    String small = "InitialHeapSize=16777216";
    String large = "InitialHeapSize=402653184";
    assertThat(collector(Collector.G1, large).level()).isEqualTo(Level.OK);
    assertThat(collector(Collector.SHENANDOAH, large).level()).isEqualTo(Level.OK);
    assertThat(collector(Collector.SERIAL, small).level()).isEqualTo(Level.OK);
    assertThat(collector(Collector.SERIAL, large).level()).isEqualTo(Level.WARNING);
    assertThat(collector(Collector.SERIAL, large).remedy()).contains("-Xms16m");
    assertThat(collector(Collector.PARALLEL, small).level()).isEqualTo(Level.WARNING);
    assertThat(
            collector(Collector.PARALLEL, small, "UseAdaptiveSizePolicyWithSystemGC=true").level())
        .isEqualTo(Level.OK);
    assertThat(collector(Collector.Z, "ZUncommit=true", "ZUncommitDelay=300").remedy())
        .contains("-XX:ZUncommitDelay=1");
    assertThat(collector(Collector.Z, "ZUncommit=true", "ZUncommitDelay=2").level())
        .isEqualTo(Level.OK);
    assertThat(collector(Collector.OTHER).level()).isEqualTo(Level.WARNING);
  }

  @Test
  @DisplayName("says that an image folder has other files in it, or that everybody may write to it")
  void imageFolder(@TempDir Path folder) throws Exception {
    Path image = folder.resolve("image");
    assertThat(ImageFolderFindings.of(image).get(0))
        .isEqualTo(Finding.ok("image folder", image + " can be made"));
    Files.createDirectory(image);
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(ImageFolderFindings.of(image))
        .singleElement()
        .satisfies(finding -> assertThat(finding.level()).isEqualTo(Level.FAILS))
        .satisfies(
            finding ->
                assertThat(finding.text())
                    .isEqualTo(
                        image.toRealPath()
                            + " may be written by everybody, who could put something else there"));
    Files.createFile(image.resolve("notes.txt"));
    assertThat(ImageFolderFindings.of(image))
        .singleElement()
        .isEqualTo(
            Finding.fails(
                "image folder",
                image + ": it holds other files and no image: notes.txt",
                "Name an empty folder, one that does not exist yet, or an image's"));
    assertThat(Services.names(image)).containsExactly("notes.txt");
  }

  @Test
  @DisplayName("knows the file system that a path lies on")
  void mounts() {
    List<String> table =
        List.of(
            "/dev/vda / ext4 rw,relatime 0 0",
            "tmpfs /run tmpfs rw,nosuid,noexec 0 0",
            "/dev/vdb /my\\040disk ext4 rw 0 0",
            "overlay /run tmpfs ro 0 0",
            "tmpfs /runner xfs rw 0 0");
    assertThat(Mount.of(Path.of("/run/user/1"), table).orElseThrow().options())
        .containsExactly("ro");
    assertThat(Mount.of(Path.of("/running"), table).orElseThrow().point()).isEqualTo(Path.of("/"));
    assertThat(Mount.of(Path.of("/my disk/image"), table).orElseThrow().type()).isEqualTo("ext4");
    assertThat(Mount.of(Path.of("/"), table).orElseThrow().type()).isEqualTo("ext4");
  }
}
