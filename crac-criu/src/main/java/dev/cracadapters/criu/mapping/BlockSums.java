/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The checksums of a file's blocks, as cksum(1) takes them: a restore that finds the file damaged
 * can tell where, and has no JVM for that.
 */
final class BlockSums {

  private static final int BLOCK = 1 << 20;

  private static final int POLYNOMIAL = 0x04C11DB7;
  private static final int AT_ONCE = Long.BYTES;
  private static final int BYTE = 0xFF;

  /** What a byte does to the sum, and what it does with so many bytes behind it. */
  private static final int[][] TABLES = new int[AT_ONCE][BYTE + 1];

  static {
    for (int i = 0; i <= BYTE; i++) {
      int sum = i << 24;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        sum = sum << 1 ^ (sum < 0 ? POLYNOMIAL : 0);
      }
      TABLES[0][i] = sum;
    }
    for (int behind = 1; behind < AT_ONCE; behind++) {
      for (int i = 0; i <= BYTE; i++) {
        int sum = TABLES[behind - 1][i];
        TABLES[behind][i] = sum << Byte.SIZE ^ TABLES[0][sum >>> 24];
      }
    }
  }

  private BlockSums() {}

  /** Writes those of a file into another one, each a decimal number on a line. */
  static void write(Path file, Path list) throws IOException {
    List<String> lines;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int blocks = Math.toIntExact((channel.size() + BLOCK - 1) / BLOCK);
      lines =
          IntStream.range(0, blocks)
              .parallel()
              .mapToObj(block -> Integer.toUnsignedString(sum(channel, block)))
              .toList();
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
    Files.write(list, lines);
  }

  private static int sum(FileChannel file, int block) {
    ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
    try {
      while (bytes.hasRemaining()
          && file.read(bytes, (long) block * BLOCK + bytes.position()) > 0) {
        // the last block is shorter
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return sum(bytes.flip());
  }

  /** POSIX: of the bytes and then of their number, the lowest byte first. */
  static int sum(ByteBuffer bytes) {
    int sum = 0;
    int length = bytes.remaining();
    while (bytes.remaining() >= AT_ONCE) {
      long next = bytes.getLong();
      int high = (int) (next >>> Integer.SIZE) ^ sum;
      int low = (int) next;
      sum =
          TABLES[7][high >>> 24]
              ^ TABLES[6][high >>> 16 & BYTE]
              ^ TABLES[5][high >>> 8 & BYTE]
              ^ TABLES[4][high & BYTE]
              ^ TABLES[3][low >>> 24]
              ^ TABLES[2][low >>> 16 & BYTE]
              ^ TABLES[1][low >>> 8 & BYTE]
              ^ TABLES[0][low & BYTE];
    }
    while (bytes.hasRemaining()) {
      sum = next(sum, bytes.get());
    }
    for (int rest = length; rest != 0; rest >>>= Byte.SIZE) {
      sum = next(sum, rest);
    }
    return ~sum;
  }

  private static int next(int sum, int value) {
    return sum << Byte.SIZE ^ TABLES[0][(sum >>> 24 ^ value) & BYTE];
  }
}
