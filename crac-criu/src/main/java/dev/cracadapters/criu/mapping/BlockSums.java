/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
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

  private static final String MARK = "sums";
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

  /**
   * Makes a file's blocks whole, and writes their sums into another one, each a decimal number on a
   * line; and behind the blocks as well, so that who has nothing but the file can look at it.
   */
  static void write(FileChannel file, Path list) throws IOException {
    int blocks = Math.toIntExact((file.size() + BLOCK - 1) / BLOCK);
    String lines = String.join("\n", sums(file, blocks)) + "\n";
    ByteBuffer behind = ByteBuffer.wrap((lines + MARK + "\n").getBytes(StandardCharsets.US_ASCII));
    while (behind.hasRemaining()) {
      file.write(behind, (long) blocks * BLOCK + behind.position());
    }
    Files.writeString(list, lines);
  }

  /**
   * Looks at a file by the sums behind its blocks.
   *
   * @throws IOException which tells the place where a block is not as it was written
   */
  static void check(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // A sum takes more bytes than its block has megabytes, and far less than a block.
      int blocks = Math.toIntExact(channel.size() / BLOCK);
      ByteBuffer behind = ByteBuffer.allocate((int) (channel.size() % BLOCK));
      fill(behind, channel, (long) blocks * BLOCK);
      String[] lines = new String(behind.array(), StandardCharsets.US_ASCII).split("\n");
      if (lines.length != blocks + 1 || !lines[blocks].equals(MARK)) {
        throw new IOException(
            "the file that the process has mapped is not as it was written: it has no sums at its end");
      }
      List<String> sums = sums(channel, blocks);
      for (int block = 0; block < blocks; block++) {
        if (!sums.get(block).equals(lines[block])) {
          throw new IOException(
              "the file that the process has mapped is not as it was written at the offset %d (block %d of 1 MB)"
                  .formatted((long) block * BLOCK, block));
        }
      }
    }
  }

  private static List<String> sums(FileChannel file, int blocks) throws IOException {
    try {
      return IntStream.range(0, blocks)
          .parallel()
          .mapToObj(block -> Integer.toUnsignedString(sum(file, block)))
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Of a last block that is shorter as if there were zeros behind it. */
  private static int sum(FileChannel file, int block) {
    ByteBuffer bytes = ByteBuffer.allocate(BLOCK);
    try {
      fill(bytes, file, (long) block * BLOCK);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sum(bytes.clear());
  }

  private static void fill(ByteBuffer bytes, FileChannel file, long position) throws IOException {
    int got = 0;
    while (bytes.hasRemaining() && got >= 0) {
      got = file.read(bytes, position + bytes.position());
    }
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
