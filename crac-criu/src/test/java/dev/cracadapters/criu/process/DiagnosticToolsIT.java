/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.process;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static dev.cracadapters.criu.testing.Services.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@RequiresCriu
@Tag("soak")
@DisplayName("jps, jcmd and jstack")
class DiagnosticToolsIT {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;

  private int runs;

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "-XX:+UsePerfData, false",
    "-XX:-UsePerfData, false",
    "-XX:+UsePerfData, true",
    "-XX:-UsePerfData, true"
  })
  @DisplayName("find each of several clones, inside it and from outside, and no other one")
  void clones(String perfData, boolean attachedBefore) throws Exception {
    Image image = image(perfData, attachedBefore);
    String pid = Long.toString(image.pid());
    List<RunningProcess> clones = new ArrayList<>();
    try {
      for (int number = 0; number < 3; number++) {
        clones.add(restored(image, folder, "clone" + number, "--clone"));
      }
      assertThat(instances(clones)).doesNotHaveDuplicates().hasSize(3);
      for (int number = 0; number < 3; number++) {
        String outer = outer(clones.get(number), image);
        // Inside, where all of them have the same PID.
        tool(outer, "jcmd", pid, "VM.set_flag", "HeapDumpPath", "/inside" + number);
        assertThat(tool(outer, "jstack", pid)).contains("Full thread dump", "\"main\"");
        String listed = tool(outer, "jps", "-l");
        if (perfData.contains("+")) {
          assertThat(listed).contains(pid + " " + CommandedService.class.getName());
        } else {
          assertThat(listed).doesNotContain(CommandedService.class.getName());
        }
      }
      for (int number = 0; number < 3; number++) {
        assertThat(ask(clones.get(number), "flag HeapDumpPath", "flag HeapDumpPath"))
            .endsWith("/inside" + number);
      }
      // From outside, where each has a PID of its own.
      for (int number = 0; number < 3; number++) {
        String outer = outer(clones.get(number), image);
        here("jcmd", outer, "VM.set_flag", "MinHeapFreeRatio", "1" + number);
        assertThat(here("jstack", outer)).contains("Full thread dump", "\"main\"");
        if (perfData.contains("+")) {
          assertThat(here("jps", "-l"))
              .containsPattern("(?m)^" + outer + " " + CommandedService.class.getName());
        }
      }
      for (int number = 0; number < 3; number++) {
        assertThat(ask(clones.get(number), "flag MinHeapFreeRatio", "flag MinHeapFreeRatio"))
            .endsWith("1" + number);
      }
      // The others still answer when one has ended, which deletes its files.
      end(clones.get(2));
      assertThat(tool(outer(clones.get(0), image), "jcmd", pid, "VM.uptime")).contains(" s");
      for (RunningProcess clone : clones.subList(0, 2)) {
        end(clone);
      }
    } finally {
      for (RunningProcess clone : clones) {
        clone.close();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"-XX:+UsePerfData, false", "-XX:-UsePerfData, false", "-XX:+UsePerfData, true"})
  @DisplayName("find a process that came back beside what others of its PID have left")
  void plain(String perfData, boolean attachedBefore) throws Exception {
    Image image = image(perfData, attachedBefore);
    Path left = Path.of("/tmp/.java_pid" + image.pid());
    Path request = Path.of("/tmp/.attach_pid" + image.pid());
    for (int turn = 0; turn < 2; turn++) {
      try (ServerSocketChannel stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        Files.deleteIfExists(left);
        stale.bind(UnixDomainSocketAddress.of(left)); // as of a JVM that was killed
      }
      Files.createFile(request);
      try (RunningProcess service = restored(image, folder, "turn" + turn)) {
        String pid = Long.toString(image.pid());
        service.signal("QUIT");
        service.awaitLine("Full thread dump");
        assertThat(here("jcmd", pid, "VM.uptime")).contains(" s");
        assertThat(here("jstack", pid)).contains("Full thread dump", "\"main\"");
        if (perfData.contains("+")) {
          assertThat(here("jps", "-l")).contains(pid + " " + CommandedService.class.getName());
        }
        end(service);
      }
      assertThat(left).doesNotExist();
    }
  }

  /** The kernel takes away what is mounted on a name, everywhere, when that name is removed. */
  @Test
  @DisplayName("find a clone, and no other, when a process of its PID has come and gone beside it")
  @Tag("essential")
  void besideAPlainOne() throws Exception {
    Image image = image("-XX:+UsePerfData", false);
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
      String outer = outer(clone, image);
      here("jcmd", outer, "VM.set_flag", "HeapDumpPath", "/alone");
      ask(clone, "flag HeapDumpPath", "HeapDumpPath=/alone");
      try (RunningProcess plain = restored(image, folder, "plain")) {
        awaitMounted(outer, socket);
        here("jcmd", outer, "VM.set_flag", "HeapDumpPath", "/beside");
        here("jcmd", Long.toString(image.pid()), "VM.set_flag", "HeapDumpPath", "/plain");
        ask(clone, "flag HeapDumpPath", "HeapDumpPath=/beside");
        ask(plain, "flag HeapDumpPath", "HeapDumpPath=/plain");
        end(plain);
      }
      awaitMounted(outer, socket);
      here("jcmd", outer, "VM.set_flag", "HeapDumpPath", "/again");
      ask(clone, "flag HeapDumpPath", "HeapDumpPath=/again");
      end(clone);
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  @DisplayName("find clones of an image that was taken of a clone")
  void clonesOfAClone() throws Exception {
    Image image = image("-XX:+UsePerfData", false);
    Image.Restore restore = image.restore("--clone").by("sh", "-c", "\"$@\" 2>&1 | cat", "caller");
    try (RunningProcess clone = restore.start(folder, "first")) {
      clone.awaitLine("restored ");
      clone.send("checkpoint");
      clone.awaitExit();
    }
    try (RunningProcess one = restored(image, folder, "one", "--clone");
        RunningProcess two = restored(image, folder, "two", "--clone")) {
      for (RunningProcess clone : List.of(one, two)) {
        String outer = outer(clone, image);
        here("jcmd", outer, "VM.set_flag", "HeapDumpPath", "/of" + outer);
        ask(clone, "flag HeapDumpPath", "HeapDumpPath=/of" + outer);
      }
      end(one);
      here("jcmd", outer(two, image), "VM.uptime");
      end(two);
    }
  }

  @Test
  @DisplayName("fail in a clone that may not be attached to, and reach no other process of its PID")
  void noAttaching() throws Exception {
    Image image = image("-XX:-UsePerfData -XX:+DisableAttachMechanism", false);
    Path socket = Path.of("/tmp/.java_pid" + image.pid());
    try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      other.configureBlocking(false);
      other.bind(UnixDomainSocketAddress.of(socket)); // as of a JVM of this PID
      try (RunningProcess clone = restored(image, folder, "clone", "--clone")) {
        List<String> jcmd = List.of(jdk("jcmd"), outer(clone, image), "VM.uptime");
        try (RunningProcess process = RunningProcess.start(jcmd, Map.of(), folder, "jcmd")) {
          assertThat(process.awaitExit()).as(process.told()).isNotZero();
          assertThat(process.told()).contains("Connection refused");
        }
        assertThat(other.accept()).isNull();
        end(clone);
      }
      assertThat(socket).exists();
    } finally {
      Files.deleteIfExists(socket);
    }
  }

  private static void awaitMounted(String outer, Path socket) throws Exception {
    Path mounts = Path.of("/proc", outer, "mountinfo");
    String point = ' ' + socket.toString() + ' ';
    assertThat(Deadline.after(LIMIT).await(() -> Files.readString(mounts).contains(point)))
        .as(Files.readString(mounts))
        .isTrue();
  }

  private Image image(String options, boolean attached) throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess original =
        Services.command(image, options.split(" ")).start(folder, "original")) {
      original.awaitLine("ready");
      if (attached) {
        here("jcmd", Long.toString(original.pid()), "VM.uptime");
      }
      checkpoint(original);
    }
    return new Image(image);
  }

  private static List<String> instances(List<RunningProcess> clones) throws Exception {
    List<String> instances = new ArrayList<>();
    for (RunningProcess clone : clones) {
      instances.add(clone.awaitLine("restored").split(" ")[1]);
    }
    return instances;
  }

  private static String outer(RunningProcess clone, Image image) throws Exception {
    return Long.toString(clone.below(image.pid()).orElseThrow());
  }

  /** A tool of the process's JDK, here. */
  private String here(String tool, String... arguments) throws Exception {
    return run(jdk(tool), arguments);
  }

  /** A tool of the process's JDK, in the namespaces of a process. */
  private String tool(String outer, String name, String... arguments) throws Exception {
    return inside(outer, jdk(name), arguments);
  }

  private String inside(String outer, String command, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of("-t", outer, "-m", "-p", "--", command));
    words.addAll(List.of(arguments));
    return run("nsenter", words.toArray(String[]::new));
  }

  private static String jdk(String tool) {
    return Path.of(System.getProperty("java.home"), "bin", tool).toString();
  }

  private String run(String command, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(List.of(arguments));
    try (RunningProcess process = RunningProcess.start(words, Map.of(), folder, "run" + runs++)) {
      assertThat(process.awaitExit()).as(words + process.told()).isZero();
      return process.output();
    }
  }
}
