/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.random;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.WorkingCriu;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two clones of one real process, by CRIU, each in a PID namespace of its own. */
@Tag("soak")
@RequiresCriu
class RandomClonesIT {

  private static final long SECONDS = 60;
  private final String criu = WorkingCriu.here().path().toString();

  @TempDir Path folder;

  @Tag("essential")
  @Test
  @DisplayName("No two clones have a random number in common, whatever generator it comes from")
  void clonesDiffer() throws Exception {
    List<Set<String>> clones = clones("with");

    assertThat(common(clones)).isEmpty();
    assertThat(clones.get(0)).hasSizeGreaterThan(60);
    assertThat(folder.resolve("stderr")).as("what the JVM warned of").content().isEmpty();
  }

  @Test
  @DisplayName("Without the resource they have: the test would see it")
  void clonesShareNumbersWithoutTheResource() throws Exception {
    assertThat(common(clones("without")))
        .extracting(line -> line.substring(0, line.indexOf('=')))
        .contains(
            "older DRBG",
            "newer CTR_DRBG,AES-256",
            "older SHA1PRNG",
            "early newer DRBG",
            "reseeded DRBG",
            "new DRBG",
            "new SHA1PRNG",
            "Math.random",
            "Collections.shuffle",
            "ThreadLocalRandom main",
            "ThreadLocalRandom parked",
            "ThreadLocalRandom new thread");
  }

  @Test
  @DisplayName("Nor have they with Bouncy Castle as the first provider")
  void clonesDifferWithBouncyCastle() throws Exception {
    List<Set<String>> clones = clones("with", "-Dprobe.bouncycastle=true");

    // What its generators give before afterRestore has been called is not promised.
    assertThat(common(clones)).filteredOn(line -> !line.startsWith("early ")).isEmpty();
  }

  @Test
  @DisplayName("Without the resource they share even UUIDs with Bouncy Castle")
  void bouncyCastleSharesUuids() throws Exception {
    assertThat(common(clones("without", "-Dprobe.bouncycastle=true")))
        .extracting(line -> line.substring(0, line.indexOf('=')))
        .contains("older default", "UUID");
  }

  private List<Set<String>> clones(String mode, String... options) throws Exception {
    Path image = Files.createDirectory(folder.resolve("image"));
    // CRIU wants the files a process has open to be as long at the restore as at the dump.
    List<String> command = new ArrayList<>();
    command.add("setsid");
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The file of the performance counters goes with the first clone that ends.
    command.add("-XX:-UsePerfData");
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(RandomProbe.class.getName(), folder.toString(), mode));
    Process probe =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(folder.resolve("stderr").toFile())
            .start();
    try {
      Path ready = folder.resolve("ready");
      Awaitility.await("the probe to be ready; it said: " + folder.resolve("stderr"))
          .atMost(SECONDS, TimeUnit.SECONDS)
          .until(() -> Files.exists(ready) && Files.size(ready) > 0 || !probe.isAlive());
      assertThat(probe.isAlive()).as(Files.readString(folder.resolve("stderr"))).isTrue();
      run(criu, "dump", "-t", Files.readString(ready), "-D", image.toString(), "-o", "dump.log");
    } finally {
      probe.destroyForcibly().waitFor();
    }
    Files.createFile(folder.resolve("go"));
    List<Set<String>> clones = new ArrayList<>();
    for (String name : List.of("first", "second")) {
      // Their own PID namespaces: both get the PID of the original.
      run(
          "unshare",
          "-p",
          "-m",
          "--fork",
          "--mount-proc",
          criu,
          "restore",
          "-D",
          image.toString(),
          "-o",
          name + ".log");
      clones.add(numbers());
    }
    return clones;
  }

  private static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertThat(ended).as(String.join(" ", command)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
  }

  /** What the clone that has just ended wrote. */
  private Set<String> numbers() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "numbers-*")) {
      Path file = files.iterator().next();
      Set<String> lines = new HashSet<>(Files.readAllLines(file));
      Files.delete(file);
      return lines;
    }
  }

  private static Set<String> common(List<Set<String>> clones) {
    return clones.get(0).stream().filter(clones.get(1)::contains).collect(Collectors.toSet());
  }
}
