/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The checksums of a file's blocks")
class BlockSumsTest {

  private static final int BLOCK = 1 << 20;

  @TempDir Path folder;

  @Test
  @DisplayName("are cksum's, with zeros behind the last and shorter block")
  void asOfTheCommand() throws Exception {
    byte[] bytes = new byte[2 * BLOCK + 77];
    new Random(1).nextBytes(bytes);
    Path file = Files.write(folder.resolve("file"), bytes);
    Path list = folder.resolve("list");
    write(file, list);
    assertThat(Files.readAllLines(list))
        .containsExactly(
            cksum(folder, Arrays.copyOfRange(bytes, 0, BLOCK)),
            cksum(folder, Arrays.copyOfRange(bytes, BLOCK, 2 * BLOCK)),
            cksum(folder, Arrays.copyOfRange(bytes, 2 * BLOCK, 3 * BLOCK)));
    assertThat(Files.readAllBytes(file)).startsWith(bytes).hasSizeGreaterThan(3 * BLOCK);
  }

  @Test
  @DisplayName("are in the file as well, and tell where it is not as it was")
  void inTheFile() throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[2 * BLOCK]);
    write(file, folder.resolve("list"));
    BlockSums.check(file);
    byte[] whole = Files.readAllBytes(file);
    byte[] damaged = whole.clone();
    damaged[BLOCK] = 1;
    Files.write(file, damaged);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> BlockSums.check(file))
        .withMessageContaining("at the offset 1048576 (block 1 of 1 MB)");
    Files.write(file, Arrays.copyOf(whole, whole.length - 3));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> BlockSums.check(file))
        .withMessageContaining("it has no sums at its end");
  }

  private static void write(Path file, Path list) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      BlockSums.write(channel, list);
    }
  }

  private static String cksum(Path folder, byte[] bytes) throws IOException {
    Path block = Files.write(folder.resolve("block"), bytes);
    Process cksum = new ProcessBuilder("cksum").redirectInput(block.toFile()).start();
    String said = new String(cksum.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return said.substring(0, said.indexOf(' '));
  }
}
