/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The checksum that the POSIX command {@code cksum} prints: every shell can take it again. */
final class PosixChecksum {

  private static final int POLYNOMIAL = 0x04C11DB7;
  private static final int[] TABLE = new int[256];

  static {
    for (int value = 0; value < 256; value++) {
      int remainder = value << 24;
      for (int bit = 0; bit < 8; bit++) {
        remainder = remainder < 0 ? remainder << 1 ^ POLYNOMIAL : remainder << 1;
      }
      TABLE[value] = remainder;
    }
  }

  private PosixChecksum() {}

  /** The checksum and the size in bytes, as {@code cksum < FILE} prints them. */
  static String of(Path smallFile) throws IOException {
    byte[] bytes = Files.readAllBytes(smallFile);
    int sum = 0;
    for (byte value : bytes) {
      sum = next(sum, value);
    }
    for (long length = bytes.length; length != 0; length >>>= 8) {
      sum = next(sum, (byte) length);
    }
    return Integer.toUnsignedString(~sum) + " " + bytes.length;
  }

  private static int next(int sum, byte value) {
    return sum << 8 ^ TABLE[(sum >>> 24 ^ value) & 0xFF];
  }
}
