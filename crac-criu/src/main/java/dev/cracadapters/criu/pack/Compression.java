/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import com.github.luben.zstd.util.Native;
import dev.cracadapters.core.RefusedException;
import java.io.IOException;
import java.util.Arrays;

/** Zstandard, by a native library that is unpacked into the folder for temporary files. */
final class Compression {

  private static final int LEVEL = 3;

  private Compression() {}

  /** Loads the library. */
  static void load() throws RefusedException {
    try {
      Native.load();
    } catch (LinkageError | RuntimeException e) {
      throw new RefusedException(
          "zstd",
          "its native library cannot be loaded (" + String.valueOf(e.getMessage()).strip() + ")",
          "Name a folder that may be written and whose files may be executed, by java"
              + " -Djava.io.tmpdir=FOLDER -jar",
          e);
    }
  }

  /** With a checksum of its own, by which a changed byte is noticed at once. */
  static byte[] compressed(byte[] bytes, int length) {
    try (ZstdCompressCtx context = new ZstdCompressCtx().setLevel(LEVEL).setChecksum(true)) {
      byte[] target = new byte[(int) Zstd.compressBound(length)];
      int size = context.compressByteArray(target, 0, target.length, bytes, 0, length);
      return Arrays.copyOf(target, size);
    }
  }

  static byte[] decompressed(byte[] bytes, int length) throws IOException {
    byte[] target = new byte[length];
    try {
      long size = Zstd.decompressByteArray(target, 0, length, bytes, 0, bytes.length);
      if (Zstd.isError(size) || size != length) {
        throw new IOException("a block of it is not as it was written");
      }
    } catch (ZstdException e) {
      throw new IOException("a block of it is not as it was written", e);
    }
    return target;
  }
}
