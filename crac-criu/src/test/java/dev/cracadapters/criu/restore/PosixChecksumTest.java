/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The checksum")
class PosixChecksumTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 1_000_000})
  @DisplayName("is what the command cksum prints")
  void asCksum(int length) throws Exception {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    Path file = Files.write(folder.resolve("file"), bytes);
    Process cksum = new ProcessBuilder("cksum").redirectInput(file.toFile()).start();
    String said = new String(cksum.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertThat(cksum.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(PosixChecksum.of(file)).isEqualTo(said.strip());
  }

  @Test
  @DisplayName("of \"123456789\" is the published check value")
  void checkValue() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "123456789");
    assertThat(PosixChecksum.of(file)).isEqualTo("930766865 9");
  }
}
