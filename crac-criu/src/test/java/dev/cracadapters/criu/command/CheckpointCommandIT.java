/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.cracadapters.criu.command.Commands.Ended;
import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.OrdinaryUser;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("crac-criu checkpoint")
class CheckpointCommandIT {

  private static final String CRIU = String.valueOf(WorkingCriu.here().path());

  @TempDir Path folder;

  /** Others on this machine may take checkpoints at the same time. */
  private final List<Long> asked = new ArrayList<>();

  @AfterEach
  void nothingIsLeft() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("/tmp"))) {
      assertThat(files.map(Path::toString))
          .filteredOn(
              name -> asked.stream().anyMatch(pid -> name.contains("crac-checkpoint-" + pid + "-")))
          .isEmpty();
    }
  }

  private String image(String name) {
    return folder.resolve(name).toString();
  }

  private Ended checkpoint(RunningProcess process, String... more) throws Exception {
    asked.add(process.pid());
    List<String> words = new ArrayList<>(List.of("checkpoint", Long.toString(process.pid())));
    words.addAll(List.of(more));
    return Commands.run(folder, words.toArray(new String[0]));
  }

  private static JvmCommand service(Path image) {
    return JvmCommand.ofMainClass(CommandedService.class.getName())
        .without("logback")
        .options("-Xmx256m")
        .image(image);
  }

  @Test
  @DisplayName(
      "walks the application's own coordinator, and ends the process when its image is whole")
  void coordinator() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = service(image).start(folder, "service")) {
      service.awaitLine("ready");
      service.send("add 41");
      service.awaitLine("sum=41");
      Ended ended = checkpoint(service);
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(ended.output())
          .matches(
              "PID %d was imaged to %s, \\d+ bytes, in \\d+ ms, and has ended. Restore it by %s/restore\n"
                  .formatted(service.pid(), image, image));
      assertThat(ended.error()).isEmpty();
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    try (RunningProcess restored = new Image(image).restore().start(folder, "restored")) {
      restored.send("await");
      restored.send("settle");
      restored.awaitLine("settled false");
      restored.send("state");
      assertThat(restored.awaitLine("state"))
          .contains("counter=41")
          .contains("-high, -low, +low, +high");
      restored.send("exit 0");
      assertThat(restored.awaitExit()).as(restored.told()).isZero();
    }
  }

  @Test
  @DisplayName("leaves the process running when asked to, as often as one likes")
  void leaveRunning() throws Exception {
    try (RunningProcess service = service(folder.resolve("unused")).start(folder, "service")) {
      service.awaitLine("ready");
      for (int turn = 1; turn <= 3; turn++) {
        service.send("add 1");
        service.awaitLine("sum=" + turn);
        Ended ended = checkpoint(service, "--leave-running", "--image", image("image" + turn));
        assertThat(ended.status()).as(ended.told()).isZero();
        assertThat(ended.output())
            .contains(image("image" + turn), " bytes", "(down ", "and goes on");
      }
      service.send("descriptors");
      assertThat(service.awaitLine("descriptors")).doesNotContain("agent.jar", "crac-criu.jar");
      // Another copy of it takes over the name of the attach socket: the original is still reached.
      Image image = new Image(folder.resolve("image2"));
      try (RunningProcess clone = image.restore("--clone").start(folder, "clone")) {
        clone.send("add 1");
        clone.awaitLine("sum=3");
        service.send("add 1");
        service.awaitLine("sum=4");
        clone.send("exit 0");
        assertThat(clone.awaitExit()).as(clone.told()).isZero();
      }
      service.send("exit 0");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
    assertThat(folder.resolve("unused")).doesNotExist();
  }

  @Test
  @DisplayName("finds a coordinator whose classes the system class loader does not see")
  void nested() throws Exception {
    Path image = folder.resolve("image");
    String classPath = System.getProperty("java.class.path");
    JvmCommand command =
        Commands.plain("-Dcrac.criu=" + CRIU, "-Dcrac.leave-running=true")
            .arguments(classPath, CommandedService.class.getName());
    try (RunningProcess service = command.start(folder, "service")) {
      service.awaitLine("ready");
      // Its own setting stands: nobody ends it by forgetting an option.
      Ended ended = checkpoint(service, "--image", image.toString());
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(ended.output()).contains("and goes on");
      service.send("state");
      assertThat(service.awaitLine("state")).contains("-high, -low, +low, +high");
      service.send("exit 0");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "brings the engine to a JVM that has nothing of ours, and leaves its class path alone")
  void plain() throws Exception {
    Path image = folder.resolve("image");
    try (RunningProcess service = Commands.plain().start(folder, "service")) {
      service.awaitLine("ready");
      service.send("count");
      service.awaitLine("count=1");
      Ended first =
          checkpoint(service, "--leave-running", "--criu", CRIU, "--image", image("first"));
      assertThat(first.status()).as(first.told()).isZero();
      service.send("load");
      assertThat(service.awaitLine("loads")).isEqualTo("loads falsefalse");
      service.send("count");
      service.awaitLine("count=2");
      Ended ended = checkpoint(service, "--criu", CRIU, "--image", image.toString());
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
    }
    for (String[] one : new String[][] {{"image", "count=3"}, {"first", "count=2"}}) {
      try (RunningProcess restored =
          new Image(folder.resolve(one[0])).restore().start(folder, "restored-" + one[0])) {
        restored.send("count");
        assertThat(restored.awaitLine("count=")).isEqualTo(one[1]);
        restored.send("0");
        assertThat(restored.awaitExit()).as(restored.told()).isZero();
      }
    }
  }

  @Tag("essential")
  @Test
  @DisplayName("says what a plain JVM has open that an image would lose, and lets it go on")
  void refused() throws Exception {
    try (RunningProcess service = Commands.plain().start(folder, "service")) {
      service.awaitLine("ready");
      service.send("listen");
      String port = service.awaitLine("listening").replace("listening ", "");
      Ended ended = checkpoint(service, "--criu", CRIU, "--image", image("image"));
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .startsWith("checkpoint: refused; PID " + service.pid() + " goes on\n  descriptor ")
          .contains(":" + port, "it is listening");
      service.send("deaf");
      service.awaitLine("closed");
      assertThat(checkpoint(service, "--criu", CRIU, "--image", image("image")).status()).isZero();
    }
  }

  @Test
  @DisplayName("wants an image folder, and a criu that is there")
  void settings() throws Exception {
    try (RunningProcess service = Commands.plain().start(folder, "service")) {
      service.awaitLine("ready");
      Ended nowhere = checkpoint(service);
      assertThat(nowhere.status()).isEqualTo(1);
      assertThat(nowhere.error()).endsWith("image folder: none was named. Name one by --image\n");
      Ended without = checkpoint(service, "--image", image("i"), "--criu", "/no/criu");
      assertThat(without.status()).isEqualTo(1);
      assertThat(without.error()).contains("CRIU: there is no command /no/criu. Install CRIU");
      service.send("0");
      assertThat(service.awaitExit()).as(service.told()).isZero();
    }
  }

  @Test
  @DisplayName("reaches a JVM in a container's namespaces, and knows its image there")
  void container() throws Exception {
    assumeRoot();
    List<String> words =
        new ArrayList<>(
            List.of("unshare", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child"));
    // A /tmp of its own, and a JVM that is not PID 1; when it has ended the container tells what is
    // in it.
    words.addAll(
        List.of(
            "sh",
            "-c",
            "mount -t tmpfs tmpfs /tmp && \"$@\" < /dev/null 2>&1 | cat; ls /tmp/image; read wait",
            "container"));
    words.addAll(Commands.plain().arguments("wait").words());
    try (RunningProcess container = RunningProcess.start(words, Map.of(), folder, "container")) {
      container.awaitLine("ready");
      long pid = jvmBelow(container);
      Ended ended =
          Commands.run(
              folder, "checkpoint", Long.toString(pid), "--criu", CRIU, "--image", "/tmp/image");
      assertThat(ended.status()).as(ended.told()).isZero();
      assertThat(ended.output()).contains("was imaged to /tmp/image, ", "and has ended");
      container.awaitLine("restore");
    }
    assertThat(Path.of("/tmp/image")).doesNotExist();
  }

  @Test
  @DisplayName("says in one line what is wrong with a PID")
  void wrongProcess() throws Exception {
    Ended none = Commands.run(folder, "checkpoint", "4194303");
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.error())
        .isEqualTo(
            "checkpoint: PID 4194303: there is no such process here. Look it up by jps, or by ps"
                + " when it is in a container\n");
    try (RunningProcess cat =
        RunningProcess.start(List.of("cat", "-"), Map.of(), folder, "no-jvm")) {
      Ended ended = checkpoint(cat);
      assertThat(ended.status()).isEqualTo(1);
      assertThat(ended.error()).contains("it is no JVM: cat -. Name the java process itself");
      cat.send("still here");
      cat.awaitLine("still here");
    }
    assertThat(Commands.run(folder, "checkpoint", "me").status()).isEqualTo(2);
    assertThat(Commands.run(folder, "checkpoint").error())
        .contains("Missing required parameter: 'PID'");
  }

  @Test
  @DisplayName("says how a JVM is to be started that lets nobody in")
  void closedJvm() throws Exception {
    try (RunningProcess service =
        Commands.plain("-XX:+DisableAttachMechanism").start(folder, "no-attach")) {
      service.awaitLine("ready");
      Ended ended = checkpoint(service, "--image", image("i"));
      assertThat(ended.status()).isEqualTo(1);
      assertThat(ended.error())
          .contains("it was started with -XX:+DisableAttachMechanism. Start it without, or");
    }
    try (RunningProcess service =
        Commands.plain("-XX:-EnableDynamicAgentLoading").start(folder, "no-agents")) {
      service.awaitLine("ready");
      Ended ended = checkpoint(service, "--image", image("i"));
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .contains("the agent was not let in: ", "-XX:+EnableDynamicAgentLoading");
      service.send("count");
      service.awaitLine("count=1");
    }
  }

  @Test
  @DisplayName("is allowed to root for everybody's processes, and to others for their own alone")
  void users() throws Exception {
    assumeRoot();
    Path jar = Files.copy(Commands.jar(), folder.resolve("copy.jar"));
    Path others = Files.createDirectory(folder.resolve("others"));
    for (Path one : List.of(folder, others, jar)) {
      new ProcessBuilder("chmod", "a+rwx", one.toString()).start().waitFor();
    }
    OrdinaryUser user = new OrdinaryUser(65534);
    List<String> nobody = List.of(user.by());
    try (RunningProcess service = Commands.plain().start(folder, "roots")) {
      service.awaitLine("ready");
      List<String> words = new ArrayList<>(nobody);
      words.addAll(Commands.words(jar, "checkpoint", Long.toString(service.pid())));
      Ended ended = Commands.run(folder, words);
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error())
          .contains(
              "it belongs to root, and nobody else may attach. Run this command as that user, or as"
                  + " root");
    }
    List<String> words = new ArrayList<>(nobody);
    words.addAll(Commands.plain().forEveryone().words());
    try (RunningProcess service = RunningProcess.start(words, Map.of(), folder, "nobodys")) {
      service.awaitLine("ready");
      String criu = user.criu().toString();
      Ended ended =
          checkpoint(service, "--criu", criu, "--image", others.resolve("image").toString());
      // The agent is in; whether CRIU may dump is a matter of that user's rights.
      assertThat(ended.status()).as(ended.told()).isEqualTo(1);
      assertThat(ended.error()).contains("goes on\n  CRIU: ");
      service.send("count");
      service.awaitLine("count=1");
    }
  }

  private static long jvmBelow(RunningProcess process) {
    return process.below().stream()
        .flatMap(pid -> ProcessHandle.of(pid).stream())
        .filter(one -> one.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElseThrow()
        .pid();
  }

  private static void assumeRoot() {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
  }
}
