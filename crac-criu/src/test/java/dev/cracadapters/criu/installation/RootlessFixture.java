/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** A process of an ordinary user, its image, and what a test does with them as that user. */
abstract class RootlessFixture {

  static final OrdinaryUser USER = new OrdinaryUser(65534);
  static final String[] ALL = {"checkpoint_restore", "sys_ptrace", "setpcap"};

  @TempDir static Path folder;
  static Path criu;
  static Path ofTheUser;
  static Image image;
  static String stateBefore;

  String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path java = Path.of(System.getProperty("java.home"), "bin/java");
    for (Path one : List.of(folder, java)) {
      assumeTrue(USER.canUse(one), "the user " + USER.uid() + " may not use " + one);
    }
    criu = USER.criu();
    ofTheUser = Files.createDirectory(folder.resolve("user"));
    USER.give(ofTheUser);
    Path target = ofTheUser.resolve("image");
    try (RunningProcess original = service(target).by(USER.by(ALL)).start(ofTheUser, "original")) {
      original.awaitLine("ready");
      ask(original, "add 41", "sum=");
      stateBefore = ask(original, "state", "state");
      Services.checkpoint(original);
    }
    image = new Image(target);
  }

  @BeforeEach
  void name(TestInfo test) {
    name = test.getTestMethod().orElseThrow().getName();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
    assertThat(Services.names(ofTheUser)).noneMatch(file -> file.startsWith("crac-restore"));
  }

  static JvmCommand service(Path target) throws Exception {
    return JvmCommand.ofMainClass(CommandedService.class.getName())
        .options("-Dcrac.rehearse=off")
        .without("logback", "byte-buddy", "junit", "assertj")
        .forEveryone()
        .options("-Xmx256m")
        .property("crac.image", target)
        .property("crac.criu", criu);
  }

  RunningProcess restored(Image.Restore restore, String suffix) throws Exception {
    RunningProcess service = restore.start(ofTheUser, name + suffix);
    service.awaitLine("restored ");
    return service;
  }

  /** Checks that it is the process of the checkpoint, and of whom. */
  static void assertIsTheUsers(RunningProcess service, long hostPid) throws Exception {
    assertThat(ask(service, "state", "state"))
        .isEqualTo(stateBefore.replace("[]", "[-high, -low, +low, +high]"));
    assertThat(Files.readAllLines(Path.of("/proc/" + hostPid + "/status")))
        .contains("Uid:" + ("\t" + USER.uid()).repeat(4), "Gid:" + ("\t" + USER.uid()).repeat(4));
  }

  String refusal(Image.Restore restore) throws Exception {
    try (RunningProcess process = restore.start(ofTheUser, name)) {
      assertThat(process.awaitExit()).as(process.told()).isEqualTo(125);
      assertThat(process.output()).isEmpty();
      return process.error();
    }
  }
}
