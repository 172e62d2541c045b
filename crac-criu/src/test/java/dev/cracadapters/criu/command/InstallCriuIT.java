/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("The doctor's --install-criu")
class InstallCriuIT {

  @TempDir Path folder;

  private Commands.Ended doctor(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("setsid"));
    words.addAll(Commands.words(Commands.jar(), "doctor"));
    words.addAll(List.of(options));
    return Commands.run(folder, words);
  }

  @Test
  @DisplayName("brings a CRIU into a folder, by tools/criu in the jar, and finds it there again")
  void install() throws Exception {
    Path brought = WorkingCriu.here().path().toRealPath().getParent().getParent();
    assumeTrue(Files.isDirectory(brought.resolve("root")), "tools/criu has brought none here");
    Path home = Files.createDirectory(folder.resolve("home"));
    // The tests have no network: what a download would bring is there already.
    Services.copy(brought, home.resolve("sid"));
    Commands.Ended there = doctor("--install-criu", home.toString());
    assertThat(there.status()).as(there.told()).isZero();
    assertThat(there.output()).isEqualTo(home.resolve("bin/criu") + "\n");
    assertThat(there.error()).matches("criu: CRIU [0-9.]+ is there already\n");
    assertThat(Services.names(home)).containsExactlyInAnyOrder("bin", "sid");
    Commands.Ended used = doctor("--criu", there.output().strip(), "--try");
    assertThat(used.status()).as(used.told()).isZero();
    Path file = Files.writeString(folder.resolve("no-folder"), "");
    Commands.Ended none = doctor("--install-criu", file.toString());
    assertThat(none.status()).as(none.told()).isEqualTo(1);
    assertThat(none.error())
        .contains(
            "criu: the folder "
                + file
                + " cannot be made: name one that this user may make and write to");
  }

  @Test
  @DisplayName(
      "says why neither the CRIU in the folder nor another one will do, and leaves nothing")
  void notInstalled() throws Exception {
    Path home = folder.resolve("home");
    Path bin = Files.createDirectories(home.resolve("sid/bin"));
    Services.script(
        bin.resolve("criu"),
        "#!/bin/sh",
        "[ \"$1\" = check ] || { echo 'Version: 4.2'; exit; }",
        "echo 'Error (criu/kerndat.c:727): Unable to connect a socket' >&2; exit 1");
    Commands.Ended ended = doctor("--install-criu", home.toString());
    assertThat(ended.status()).as(ended.told()).isEqualTo(1);
    assertThat(ended.output()).isEmpty();
    assertThat(ended.error().lines().reduce((one, next) -> next))
        .get(STRING)
        .matches(
            "criu: no CRIU that works could be brought; install CRIU 4.0 or newer by hand\\. sid: the"
                + " CRIU that is there does not work on kernel \\S+ with these rights\\. It said: Error"
                + " \\(criu/kerndat.c:727\\): Unable to connect a socket; and the packages could not be"
                + " downloaded \\(.+\\)\\. trixie: the packages could not be downloaded \\(.+\\)\\.");
    assertThat(Services.names(home)).containsExactly("sid");
  }
}
