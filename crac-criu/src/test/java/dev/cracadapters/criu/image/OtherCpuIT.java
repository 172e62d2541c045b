/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.checkpoint;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.CommandedService;
import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("On a CPU that has less")
class OtherCpuIT {

  /** Every 64-bit x86 has these; the kernel calls SSE3 pni. */
  private static final String BASE = "fpu cx8 cmov mmx fxsr sse sse2 syscall lm";

  private static final String V2 = BASE + " pni cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
  private static final String V3 = V2 + " abm avx avx2 bmi1 bmi2 f16c fma movbe xsave";

  @TempDir Path folder;

  @BeforeEach
  void onlyOnAnX86OfTheThirdLevel() throws Exception {
    assumeTrue(Set.of(flags().split(" ")).containsAll(Set.of(V3.split(" "))), "x86-64-v3");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private static String flags() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("flags"))
        .map(line -> line.substring(line.indexOf(": ") + 2))
        .findFirst()
        .orElse("");
  }

  private static String without(String... names) throws IOException {
    List<String> left = new ArrayList<>(Arrays.asList(flags().split(" ")));
    left.removeAll(List.of(names));
    return String.join(" ", left);
  }

  /** A restore that sees a CPU with these flags. */
  private Image.Restore restore(Image image, String flags, String... options) throws IOException {
    Path faked = folder.resolve("cpuinfo");
    Files.writeString(faked, "processor\t: 0\nflags\t\t: " + flags + "\nbugs\t\t:\n");
    return image
        .restore(options)
        .by(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind '" + faked + "' /proc/cpuinfo && exec \"$@\"",
            "machine");
  }

  private void restores(Image.Restore restore) throws Exception {
    try (RunningProcess service = restore.start(folder, "restored")) {
      service.awaitLine("restored ");
      assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
      end(service);
    }
  }

  private String refusal(Image.Restore restore) throws Exception {
    try (RunningProcess refused = restore.start(folder, "refused")) {
      assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
      return refused.error();
    }
  }

  @Tag("essential")
  @Test
  @DisplayName(
      "what only a kernel uses is not missed, an instruction is, and --ignore-cpu goes on without")
  void onlyInstructionsCount() throws Exception {
    Image image = Services.checkpointed(folder);
    restores(
        restore(
            image,
            without(
                ("hypervisor constant_tsc nonstop_tsc topoext pcid invpcid smep smap umip x2apic"
                        + " cpuid ibpb ibrs stibp ssbd arat xsaves cmp_legacy erms fsrm")
                    .split(" "))));
    for (String option : List.of("", "--clone")) {
      String[] options = option.isEmpty() ? new String[0] : new String[] {option};
      assertThat(refusal(restore(image, without("avx2", "bmi1", "hypervisor"), options)))
          .contains(
              "this CPU lacks bmi1 avx2: restore on a CPU that has what the image's had, start the JVM by crac-criu run --cpu, or try --ignore-cpu");
    }
    restores(restore(image, without("avx2", "bmi1"), "--ignore-cpu"));
    restores(restore(image, without("avx2", "bmi1"), "--ignore-cpu", "--clone"));
  }

  private Image levelled(String level, String expected) throws Exception {
    Path target = folder.resolve("image-" + level);
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-jar",
                System.getProperty("crac.command.jar"),
                "run",
                "--cpu=" + level,
                "--image=" + target,
                "--criu=" + WorkingCriu.here().path(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                CommandedService.class.getName()));
    try (RunningProcess run = RunningProcess.start(words, Map.of(), folder, "run")) {
      run.awaitLine("ready");
      ask(run, "add 41", "sum=");
      checkpoint(run);
      assertThat(run.error()).doesNotContainIgnoringCase("warning");
    }
    assertThat(target.resolve("manifest.json"))
        .content()
        .contains("\"cpuLevel\" : \"" + expected + "\"");
    return new Image(target);
  }

  @Tag("essential")
  @Test
  @DisplayName("an image of a level fits every CPU of that level, and none below it")
  void levels() throws Exception {
    Image second = levelled("x86-64-v2", "x86-64-v2");
    restores(restore(second, V2));
    assertThat(refusal(restore(second, V2.replace(" ssse3", ""))))
        .contains("this CPU lacks ssse3: ");
    assertThat(folder.resolve("run.err")).content().contains("compiles by C1 alone");
    Image third = levelled("x86-64-v4+aes", "x86-64-v3+aes");
    assertThat(folder.resolve("run.err")).content().contains("it is kept to x86-64-v3");
    restores(restore(third, V3 + " aes pclmulqdq"));
    assertThat(refusal(restore(third, V2))).contains("lacks abm aes avx avx2 bmi1 bmi2");
  }

  @Test
  @DisplayName("one that had no XSAVEC is not restored where there are more registers to save")
  void moreRegisters() throws Exception {
    Image image = Services.checkpointed(folder);
    image.edit(script -> script.replaceFirst("\ncpu='.*'", "\ncpu='" + V3 + "'"));
    String reason = "this CPU has more registers than the first one (AVX-512)";
    assertThat(refusal(restore(image, V3 + " xsavec avx512f"))).contains(reason);
    restores(restore(image, V3 + " xsavec avx512f", "--ignore-cpu"));
    restores(restore(image, V3 + " xsavec"));
    for (String other : List.of(V3 + " xsavec", V3 + " avx512f")) {
      image.edit(script -> script.replaceFirst("\ncpu='.*'", "\ncpu='" + other + "'"));
      restores(restore(image, V3 + " xsavec avx512f"));
    }
    image.edit(
        script ->
            script
                .replaceFirst("\ncpu='.*'", "\ncpu='" + V3 + "'")
                .replaceFirst("\ncpu_level=''", "\ncpu_level='x86-64-v3'"));
    restores(restore(image, V3 + " xsavec avx512f"));
  }

  @Test
  @DisplayName("a JVM that may use more than its level takes no checkpoint of that level")
  void notKeptToIt() throws Exception {
    Path target = folder.resolve("image");
    try (RunningProcess service =
        Services.command(target, "-Dcrac.cpu=x86-64-v2").start(folder, "original")) {
      service.awaitLine("ready");
      assertThat(ask(service, "checkpoint", "refused"))
          .contains("CPU level x86-64-v2: this JVM may use more: -XX:UseAVX is ")
          .contains("GLIBC_TUNABLES is not set")
          .contains("Start it by crac-criu run --cpu x86-64-v2");
      end(service);
    }
    assertThat(target).doesNotExist();
  }

  @Test
  @DisplayName("the C library of a level uses no XSAVE, by its own words")
  void libraryOfALevel() throws Exception {
    Path loader = Path.of("/lib64/ld-linux-x86-64.so.2");
    assumeTrue(Files.exists(loader), "glibc");
    String command =
        "eval \"set -- $1\"; while [ \"$1\" != env ]; do shift; done; exec env \"$2\" '%s' --list-diagnostics"
            .formatted(loader);
    try (RunningProcess run =
        RunningProcess.start(
            List.of(
                "sh",
                "-c",
                "set -- \"$('%s' -jar '%s' run --dry-run --cpu x86-64-v2 -cp x Main)\"; %s"
                    .formatted(
                        Path.of(System.getProperty("java.home"), "bin/java"),
                        System.getProperty("crac.command.jar"),
                        command)),
            Map.of("GLIBC_TUNABLES", "glibc.malloc.arena_max=3"),
            folder,
            "loader")) {
      assertThat(run.awaitExit()).as(run.told()).isZero();
      String said =
          run.output().lines().filter(line -> line.contains("=")).collect(Collectors.joining("\n"));
      assumeTrue(said.contains("xsave_state_size"), "a glibc that tells");
      assertThat(said).contains("x86.cpu_features.xsave_state_size=0x0");
      assertThat(said).contains("glibc.malloc.arena_max=3:glibc.cpu.hwcaps=-XSAVE,-XSAVEC");
    }
  }
}
