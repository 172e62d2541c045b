/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.PackedImage.Block;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Iterator;

/** Reads a pack: what is in it, which stands at its end, and its new pages, one after the other. */
final class PackReader implements AutoCloseable {

  private static final int DIGEST_BYTES = 32;
  private static final int TRAILER_BYTES =
      Long.BYTES + 2 * Integer.BYTES + DIGEST_BYTES + PackWriter.MAGIC.length;
  private static final int LONGEST_INDEX = 1 << 29;

  private final Path path;
  private final RandomAccessFile file;
  private final PackedImage image;
  private final Iterator<Block> blocks;
  private byte[] block = new byte[0];
  private int next;

  PackReader(Path path) throws IOException, RefusedException {
    this.path = path;
    file = new RandomAccessFile(path.toFile(), "r");
    try {
      image = index();
      blocks = image.blocks().iterator();
      file.seek(PackWriter.MAGIC.length);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw damaged(e);
    }
  }

  /** Where the index is, its lengths, its digest, and the same word as at the beginning. */
  static byte[] trailer(long indexAt, byte[] compressed, byte[] plain) {
    return ByteBuffer.allocate(TRAILER_BYTES)
        .putLong(indexAt)
        .putInt(compressed.length)
        .putInt(plain.length)
        .put(Digests.sha256().digest(plain))
        .put(PackWriter.MAGIC)
        .array();
  }

  PackedImage image() {
    return image;
  }

  private PackedImage index() throws IOException {
    long length = file.length();
    byte[] magic = new byte[PackWriter.MAGIC.length];
    if (length >= magic.length) {
      file.readFully(magic);
    }
    if (!Arrays.equals(magic, PackWriter.MAGIC)) {
      throw new IOException("it is no pack");
    }
    byte[] bytes = new byte[TRAILER_BYTES];
    if (length < TRAILER_BYTES + magic.length) {
      throw new IOException("it is cut off");
    }
    file.seek(length - TRAILER_BYTES);
    file.readFully(bytes);
    ByteBuffer trailer = ByteBuffer.wrap(bytes);
    long at = trailer.getLong();
    int compressed = trailer.getInt();
    int plain = trailer.getInt();
    byte[] digest = new byte[DIGEST_BYTES];
    trailer.get(digest);
    trailer.get(magic);
    if (!Arrays.equals(magic, PackWriter.MAGIC)
        || compressed < 0
        || plain < 0
        || plain > LONGEST_INDEX
        || at + compressed + TRAILER_BYTES != length) {
      throw new IOException("it is cut off");
    }
    file.seek(at);
    byte[] index = Compression.decompressed(read(compressed), plain);
    if (!MessageDigest.isEqual(Digests.sha256().digest(index), digest)) {
      throw new IOException("its list of files is not as it was written");
    }
    return PackedImage.read(new DataInputStream(new ByteArrayInputStream(index)));
  }

  private byte[] read(int length) throws IOException {
    byte[] bytes = new byte[length];
    file.readFully(bytes);
    return bytes;
  }

  /** The next new page, to the beginning of a buffer. */
  void readPage(byte[] page) throws IOException {
    if (next == block.length) {
      if (!blocks.hasNext()) {
        throw new IOException("it has too few pages");
      }
      Block one = blocks.next();
      if (one.pages() <= 0
          || one.pages() > PackedImage.BLOCK_PAGES
          || one.bytes() < 0
          || one.bytes() > 2 * PackedImage.BLOCK_PAGES * PackedImage.PAGE) {
        throw new IOException("a block of it is not as it was written");
      }
      block = Compression.decompressed(read(one.bytes()), one.pages() * PackedImage.PAGE);
      next = 0;
    }
    System.arraycopy(block, next, page, 0, PackedImage.PAGE);
    next += PackedImage.PAGE;
  }

  RefusedException damaged(Exception e) {
    return new RefusedException(
        path.toString(),
        String.valueOf(e.getMessage()),
        "Copy it again, whole, or pack the image again; nothing was unpacked",
        e);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
