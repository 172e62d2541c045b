/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.SmallJdk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("A restore with another JDK in the place of the image's")
class OtherJdkIT {

  @TempDir static Path folder;
  private static Path jdk;
  private static Image image;

  @BeforeAll
  static void takeACheckpointOnAJdkOfOurOwn() throws Exception {
    jdk = folder.resolve("a jdk");
    SmallJdk.make(jdk);
    Path target = folder.resolve("image");
    try (RunningProcess original =
        Services.command(target).javaHome(jdk).start(folder, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      checkpoint(original);
    }
    image = new Image(target);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static void assertThatItRestores() throws Exception {
    try (RunningProcess service = restored(image, folder, "restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private static String refusal() throws Exception {
    try (RunningProcess restore = image.restore().start(folder, "refused")) {
      assertThat(restore.awaitExit()).as(restore.told()).isEqualTo(125);
      return restore.error();
    }
  }

  private static String thisJdk() {
    return "JDK "
        + System.getProperty("java.vm.version")
        + " of "
        + System.getProperty("java.vendor");
  }

  @Tag("essential")
  @Test
  @DisplayName("is refused, with both named")
  void otherRelease() throws Exception {
    assertThatItRestores();
    Path release = jdk.resolve("release");
    String before = Files.readString(release);
    Files.writeString(release, "JAVA_VERSION=\"99.0.1\"\n");
    assertThat(refusal())
        .isEqualTo(
            "restore: the image %s cannot be restored here:\nrestore:   - the JDK at %s is another one (99.0.1): this image needs %s, the very same build\n"
                .formatted(image.folder(), jdk, thisJdk()));
    Files.writeString(release, before);
    assertThatItRestores();
  }

  @Test
  @DisplayName("is refused when only the libjvm is another build of the same version")
  void otherBuild() throws Exception {
    Path libjvm = jdk.resolve("lib/server/libjvm.so");
    long size = Files.size(libjvm);
    Files.write(libjvm, new byte[1], StandardOpenOption.APPEND);
    assertThat(refusal())
        .contains("the JDK at " + jdk + " is another one (")
        .contains("this image needs " + thisJdk() + ", the very same build");
    try (var channel = Files.newByteChannel(libjvm, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
    assertThatItRestores();
  }

  @Test
  @DisplayName("is refused when there is none at all, with what to install where")
  void none() throws Exception {
    Path away = folder.resolve("moved away");
    Files.move(jdk, away);
    assertThat(refusal())
        .contains("the JDK is not at " + jdk + ": install " + thisJdk() + " there");
    Files.move(away, jdk);
    assertThatItRestores();
  }
}
