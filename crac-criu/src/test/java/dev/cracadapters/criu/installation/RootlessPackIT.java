/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an ordinary user packs and unpacks. */
@Tag("soak")
@RequiresCriu
@DisplayName("An ordinary user's crac-criu pack and unpack")
class RootlessPackIT extends RootlessFixture {

  private RunningProcess command(String... arguments) throws Exception {
    return JvmCommand.ofMainClass("dev.cracadapters.criu.command.CracCriu")
        .without("logback", "byte-buddy", "junit", "assertj")
        .forEveryone()
        .arguments(arguments)
        .by(USER.by())
        .start(ofTheUser, name + "-" + arguments[0]);
  }

  @Test
  @DisplayName("move an image of that user, who restores it")
  void own() throws Exception {
    Path pack = ofTheUser.resolve("own.pack");
    Path elsewhere = ofTheUser.resolve("elsewhere");
    try (RunningProcess one = command("pack", image.folder().toString(), pack.toString())) {
      assertThat(one.awaitExit()).as(one.told()).isZero();
    }
    try (RunningProcess one = command("unpack", pack.toString(), elsewhere.toString())) {
      assertThat(one.awaitExit()).as(one.told()).isZero();
    }
    try (RunningProcess service =
        restored(new Image(elsewhere).restore().by(USER.by(ALL)), "-restored")) {
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  @Test
  @DisplayName("refuse root's, which that user may not read, and say so")
  void roots() throws Exception {
    Path roots = folder.resolve("roots");
    Services.copy(image.folder(), roots);
    new OrdinaryUser(0).give(roots);
    Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwx------"));
    Path pack = ofTheUser.resolve("roots.pack");
    refused(roots + ": this user may not read it", "pack", roots.toString(), pack.toString());
    Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (Stream<Path> all = Files.walk(roots)) {
      for (Path one : all.filter(Files::isRegularFile).toList()) {
        Files.setPosixFilePermissions(one, PosixFilePermissions.fromString("rw-------"));
      }
    }
    refused(": this user may not use it", "pack", roots.toString(), pack.toString());
    assertThat(pack).doesNotExist();
    Path packOfRoot = Files.writeString(folder.resolve("roots.pack"), "root's");
    Files.setPosixFilePermissions(packOfRoot, PosixFilePermissions.fromString("rw-------"));
    Path elsewhere = ofTheUser.resolve("never");
    refused(packOfRoot.toString(), "unpack", packOfRoot.toString(), elsewhere.toString());
    refused(folder.toString(), "pack", image.folder().toString(), folder.resolve("no").toString());
    assertThat(elsewhere).doesNotExist();
  }

  private void refused(String cause, String... arguments) throws Exception {
    try (RunningProcess one = command(arguments)) {
      assertThat(one.awaitExit()).as(one.told()).isEqualTo(1);
      assertThat(one.error().lines().filter(line -> !line.startsWith("SLF4J")))
          .singleElement()
          .asString()
          .contains(cause);
    }
  }
}
