/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.OutsideOfTmp;
import dev.cracadapters.criu.testing.RunningProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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

/** What root's command does to root itself where the JVM is another user's, who attacks it. */
@Tag("soak")
@DisplayName("crac-criu checkpoint, called by root for a process that attacks it,")
class HostileTargetIT {

  private static final OrdinaryUser STRANGER = new OrdinaryUser(4002);

  @TempDir(factory = OutsideOfTmp.class)
  Path folder;

  private Path classes;
  private Path roots;

  @BeforeEach
  void somethingOfRoots() throws Exception {
    OrdinaryUser.impossible().ifPresent(reason -> assumeTrue(false, reason));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    classes = folder.resolve("classes");
    roots = Files.createDirectory(folder.resolve("roots"));
    for (String name : List.of("go", "request", "one", "two")) {
      Files.writeString(roots.resolve(name), "root's own");
    }
    // Where that user can read it, whatever is mounted on /tmp.
    Path copy = classes.resolve(HostileTarget.class.getName().replace('.', '/') + ".class");
    Files.createDirectories(copy.getParent());
    try (InputStream original = HostileTarget.class.getResourceAsStream("HostileTarget.class")) {
      Files.copy(original, copy);
    }
  }

  @AfterEach
  void removeItsFiles() throws Exception {
    for (Path one : itsFiles()) {
      new ProcessBuilder("rm", "-rf", one.toString()).inheritIO().start().waitFor();
    }
  }

  private static List<Path> itsFiles() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/tmp"))) {
      return all.filter(HostileTargetIT::isStrangers).toList();
    }
  }

  private static boolean isStrangers(Path path) {
    try {
      Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      return owner.equals((int) STRANGER.uid());
    } catch (IOException e) {
      return false; // it has just gone
    }
  }

  @AfterEach
  void nothingOfRootsIsTouched() throws Exception {
    for (String name : List.of("go", "request", "one", "two")) {
      assertThat(roots.resolve(name)).hasContent("root's own");
      assertThat(Files.getAttribute(roots.resolve(name), "unix:uid")).isEqualTo(0);
    }
    try (Stream<Path> all = Files.list(roots)) {
      assertThat(all).hasSize(4);
    }
    assertThat(Files.getAttribute(roots, "unix:uid")).isEqualTo(0);
  }

  /**
   * In namespaces of its own.
   *
   * @param first what it does in there at first
   */
  private RunningProcess target(String attack, String first) throws Exception {
    List<String> words = new ArrayList<>(List.of(STRANGER.by()));
    // Its own PID, which a tool looks for, is the shell's.
    words.addAll(List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"));
    words.add(first + "; exec \"$@\" \"$$\"");
    words.add("target");
    words.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    words.addAll(List.of("-Xmx64m", "-XX:-UsePerfData", "-cp", classes.toString()));
    words.addAll(List.of(HostileTarget.class.getName(), attack, roots.toString()));
    return RunningProcess.start(words, Map.of(), folder, "target");
  }

  private Ended checkpoint(RunningProcess target, String... more) throws Exception {
    List<String> words = new ArrayList<>(List.of("checkpoint", Long.toString(target.pid())));
    words.addAll(List.of(more));
    return Commands.run(folder, words.toArray(new String[0]));
  }

  private static boolean namespaces() throws Exception {
    List<String> words = new ArrayList<>(List.of(STRANGER.by()));
    words.addAll(List.of("unshare", "--user", "--map-root-user", "--mount", "true"));
    return new ProcessBuilder(words).start().waitFor() == 0;
  }

  @Tag("essential")
  @ParameterizedTest
  @ValueSource(strings = {"mount", "link", "folder within"})
  @DisplayName("deletes nothing but what it made, wherever its folder's name leads to by then")
  void replaced(String attack) throws Exception {
    assumeTrue(namespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess target = target(attack, ":")) {
      target.awaitLine("ready");
      Ended ended = checkpoint(target);
      target.awaitLine("attacked");
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .contains("checkpoint: PID " + target.pid() + ": the attach ")
          .doesNotContain("\tat ");
      if (!attack.equals("mount")) {
        assertThat(ended.error())
            .contains(" of PID " + target.pid() + " stays, since that process has put something");
      }
    }
  }

  @Test
  @DisplayName("prints nothing that a terminal would take for a command")
  void escapes() throws Exception {
    assumeTrue(namespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess target = target("escape", ":")) {
      target.awaitLine("ready");
      Ended ended = checkpoint(target);
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .isEqualTo("checkpoint: refused; PID %d goes on\n  a?]b\n".formatted(target.pid()));
    }
  }

  @Test
  @DisplayName("does not wait for ever for the end of what is no file")
  void pipes() throws Exception {
    assumeTrue(namespaces(), "an ordinary user cannot make user namespaces here");
    try (RunningProcess target = target("pipes", ":")) {
      target.awaitLine("ready");
      Ended ended = checkpoint(target, "--timeout", "5");
      target.awaitLine("attacks");
      assertThat(ended.status()).as(ended.told()).isEqualTo(5);
      assertThat(ended.error()).contains("nothing was heard of PID " + target.pid());
    }
  }

  @Test
  @DisplayName("makes nothing where a link leads to that is the process's /tmp")
  void linkedTmp() throws Exception {
    assumeTrue(namespaces(), "an ordinary user cannot make user namespaces here");
    // A root folder of its own, in which all is the machine's but /tmp.
    String tmp =
        "at="
            + folder.resolve("new-root")
            + "; mount -t tmpfs tmpfs \"$at\"; for one in /*; do [ -d \"$one\" ] || continue;"
            + " case $one in /tmp) continue ;; esac;"
            + " if [ -L \"$one\" ]; then cp -P \"$one\" \"$at$one\";"
            + " else mkdir \"$at$one\"; mount --rbind \"$one\" \"$at$one\"; fi; done;"
            + " ln -s "
            + roots
            + " \"$at/tmp\"; cd \"$at\"; PATH=$PATH:/usr/sbin:/sbin; pivot_root . mnt; cd /";
    Files.createDirectory(folder.resolve("new-root"));
    try (RunningProcess target = target("linked", tmp)) {
      target.awaitLine("ready");
      Ended ended = checkpoint(target);
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .contains("PID " + target.pid() + ": its /tmp is a symbolic link of its own")
          .doesNotContain("\tat ");
    }
  }
}
