/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static dev.cracadapters.criu.testing.Services.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The class path and all folders above the image are the machine's root's, whom the namespace shows
 * as the user 65534, and lie below a folder that everybody may write to.
 */
@Tag("soak")
@RequiresCriu
@DisplayName("In a user namespace of its own an ordinary user, who has no capability outside,")
class UserNamespaceIT {

  private static final OrdinaryUser USER = new OrdinaryUser(4002);
  private static final String OFF = "-setuid,-setgid,-sys_resource,-net_admin";

  /** Standard streams are opened inside, and so is a FIFO that stays open. */
  private static final String INSIDE =
      "i=0; while [ $i -lt 300 ]; do (:); i=$((i+1)); done;" // whose PIDs are free later
          + " mkfifo \"$1.in\"; exec 5<> \"$1.in\"; printf 'add 41\\ncheckpoint\\n' >&5;"
          + " out=$1; shift; \"$@\" <&5 5<&- > \"$out.out\" 2>&1; exit $?";

  @TempDir Path folder;
  private Path own;
  private Path target;

  @BeforeEach
  void ofTheUser() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    assumeTrue(USER.canUse(folder), "the user " + USER.uid() + " may not use " + folder);
    own = Files.createDirectory(folder.resolve("user"));
    USER.give(own);
    try (RunningProcess tried = start("tried", "", namespaces("current-user"), "true")) {
      assumeTrue(tried.awaitExit() == 0, "an ordinary user cannot make user namespaces here");
    }
    target = own.resolve("image");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static List<String> namespaces(String mapped) {
    List<String> words = new ArrayList<>(List.of(USER.by()));
    words.addAll(List.of("unshare", "--user", "--map-" + mapped, "--keep-caps", "--pid"));
    words.addAll(List.of("--ipc", "--mount", "--fork", "--mount-proc", "--kill-child"));
    return words;
  }

  private static List<String> without(String mapped) {
    return mapped.equals("root-user")
        ? List.of("setpriv", "--inh-caps=-all", "--bounding-set=-sys_admin," + OFF)
        : List.of("setpriv", "--inh-caps=" + OFF, "--ambient-caps=" + OFF);
  }

  private RunningProcess start(String name, String inside, List<String> by, String... command)
      throws Exception {
    List<String> words = new ArrayList<>(by);
    if (!inside.isEmpty()) {
      words.addAll(List.of("sh", "-c", inside, "sh", own.resolve(name).toString()));
    }
    words.addAll(List.of(command));
    return RunningProcess.start(words, Map.of("TMPDIR", own.toString()), folder, name);
  }

  private Image taken(String mapped) throws Exception {
    List<String> java =
        JvmCommand.ofMainClass(CommandedService.class.getName())
            .without("logback", "byte-buddy", "junit", "assertj")
            .forEveryone()
            .options("-Xmx256m")
            .property("crac.image", target)
            .property("crac.criu", USER.criu())
            .words();
    String[] command =
        Stream.concat(without(mapped).stream(), java.stream()).toArray(String[]::new);
    try (RunningProcess original = start("original", INSIDE, namespaces(mapped), command)) {
      Path out = own.resolve("original.out");
      Deadline.after(Duration.ofSeconds(60))
          .await(() -> !original.isAlive() || text(out).contains("refused"));
      assertThat(text(out)).doesNotContain("refused");
      assertThat(original.awaitExit()).as(original.told() + text(out)).isEqualTo(137);
    }
    return new Image(target);
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void goesOn(RunningProcess service) throws Exception {
    service.awaitLine("restored ");
    assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
    assertThat(ask(service, "tick", "ticked")).isEqualTo("ticked true");
    service.send("exit 0");
    service.closeInput();
    assertThat(service.awaitExit()).as(service.told()).isZero();
  }

  @Tag("essential")
  @Test
  @DisplayName("takes a checkpoint, and restores it outside as a clone")
  void documented() throws Exception {
    Image image = taken("current-user");
    try (RunningProcess service = image.restore("--clone").by(USER.by()).start(own, "restored")) {
      goesOn(service);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"current-user", "root-user"})
  @DisplayName("takes a checkpoint, and restores it in another such namespace")
  void inside(String mapped) throws Exception {
    Image image = taken(mapped);
    List<String> words = new ArrayList<>(namespaces(mapped));
    words.addAll(List.of("sh", "-c", "cat | \"$@\" 2>&1 | cat; exit $?", "sh"));
    words.addAll(without(mapped));
    words.add(image.folder().resolve("restore").toString());
    try (RunningProcess service =
        RunningProcess.start(words, Map.of("TMPDIR", own.toString()), own, "restored")) {
      goesOn(service);
    }
  }
}
