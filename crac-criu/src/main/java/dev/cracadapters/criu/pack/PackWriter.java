/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.PackedImage.Block;
import dev.cracadapters.criu.pack.PackedImage.Packed;
import dev.cracadapters.criu.pack.PackedImage.Run;
import dev.cracadapters.criu.pack.PackedImage.Source;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes an image as one file. Pages that the base has, or the image itself further up, are not
 * written again, wherever they lie; the others are compressed.
 */
final class PackWriter {

  static final byte[] MAGIC = "crac-pack\n".getBytes(StandardCharsets.US_ASCII);
  private static final int BUFFER = PackedImage.PAGE * PackedImage.BLOCK_PAGES;

  /** Enough of a page's SHA-256 that no two pages share it. */
  private record Key(long high, long low) {}

  private record Place(Source source, int file, int page) {}

  private final OutputStream out;
  private final Map<Key, Place> known = new HashMap<>();
  private final List<String> baseFiles = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private final List<Packed> files = new ArrayList<>();
  private final byte[] block = new byte[BUFFER];
  private int blockPages;
  private long newPages;
  private long written;

  PackWriter(OutputStream out) {
    this.out = out;
  }

  /** What became of the pages. */
  record Result(long imageBytes, long packBytes, long newBytes) {}

  Result write(ImageParts image, @Nullable ImageParts base) throws IOException, RefusedException {
    String identity = "";
    if (base != null) {
      identity = identity(base.folder());
      for (String name : base.names()) {
        learn(base.folder().resolve(name));
        baseFiles.add(name);
      }
    }
    put(MAGIC);
    long bytes = 0;
    for (String name : image.names()) {
      Packed file = pack(image.folder().resolve(name), name);
      requireWhole(image, file);
      files.add(file);
      bytes += file.bytes();
    }
    flush();
    ByteArrayOutputStream index = new ByteArrayOutputStream();
    new PackedImage(identity, baseFiles, blocks, files, newPages)
        .write(new DataOutputStream(index));
    byte[] plain = index.toByteArray();
    byte[] compressed = Compression.compressed(plain, plain.length);
    put(compressed);
    put(PackReader.trailer(written - compressed.length, compressed, plain));
    return new Result(bytes, written, newPages * PackedImage.PAGE);
  }

  /** Of an image: the digest of its list of digests. */
  static String identity(Path image) throws IOException {
    return HexFormat.of()
        .formatHex(Digests.sha256().digest(Files.readAllBytes(image.resolve(ImageParts.SUMS))));
  }

  private static void requireWhole(ImageParts image, Packed file) throws RefusedException {
    String wanted = image.digests().get(file.name());
    if (wanted != null && !wanted.equals(file.digest())) {
      throw new RefusedException(
          image.folder().toString(),
          file.name() + " is not as it was written, or a new image is taking its place",
          "See what crac-criu check says of it, and pack it again, or take a new checkpoint");
    }
  }

  private void put(byte[] bytes) throws IOException {
    out.write(bytes);
    written += bytes.length;
  }

  private interface Page {
    void read(byte[] buffer, int offset) throws IOException;
  }

  /**
   * The pages of a file, the last one filled up with zeros. Returns the file's digest and bytes.
   */
  private static Map.Entry<String, Long> eachPage(Path file, Page page) throws IOException {
    MessageDigest digest = Digests.sha256();
    long bytes = 0;
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      int length = in.readNBytes(buffer, 0, BUFFER);
      while (length > 0) {
        digest.update(buffer, 0, length);
        bytes += length;
        int whole = (int) PackedImage.pages(length) * PackedImage.PAGE;
        Arrays.fill(buffer, length, whole, (byte) 0);
        for (int offset = 0; offset < whole; offset += PackedImage.PAGE) {
          page.read(buffer, offset);
        }
        length = in.readNBytes(buffer, 0, BUFFER);
      }
    }
    return Map.entry(HexFormat.of().formatHex(digest.digest()), bytes);
  }

  private void learn(Path file) throws IOException {
    int number = baseFiles.size();
    int[] page = {0};
    eachPage(
        file,
        (buffer, offset) ->
            known.putIfAbsent(key(buffer, offset), new Place(Source.BASE, number, page[0]++)));
  }

  private Packed pack(Path file, String name) throws IOException {
    List<Run> runs = new ArrayList<>();
    int number = files.size();
    int[] page = {0};
    long modified = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis();
    int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0777;
    Map.Entry<String, Long> read =
        eachPage(
            file,
            (buffer, offset) -> {
              append(runs, place(buffer, offset, new Place(Source.OWN, number, page[0]++)));
            });
    return new Packed(name, mode, modified, read.getValue(), read.getKey(), runs);
  }

  /** Where a page is to be taken from; a new one is known by its own place from now on. */
  private Place place(byte[] buffer, int offset, Place here) throws IOException {
    int end = offset + PackedImage.PAGE;
    if (Digests.isZero(buffer, offset, end)) {
      return new Place(Source.ZERO, 0, 0);
    }
    Place there = known.putIfAbsent(key(buffer, offset), here);
    if (there != null) {
      return there;
    }
    System.arraycopy(buffer, offset, block, blockPages * PackedImage.PAGE, PackedImage.PAGE);
    newPages++;
    if (++blockPages == PackedImage.BLOCK_PAGES) {
      flush();
    }
    return new Place(Source.NEW, 0, 0);
  }

  private static Key key(byte[] buffer, int offset) {
    MessageDigest digest = Digests.sha256();
    digest.update(buffer, offset, PackedImage.PAGE);
    byte[] bytes = digest.digest();
    return new Key(Digests.number(bytes, 0), Digests.number(bytes, Long.BYTES));
  }

  private void flush() throws IOException {
    if (blockPages > 0) {
      byte[] compressed = Compression.compressed(block, blockPages * PackedImage.PAGE);
      blocks.add(new Block(compressed.length, blockPages));
      put(compressed);
      blockPages = 0;
    }
  }

  private static void append(List<Run> runs, Place place) {
    Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
    boolean placed = place.source == Source.OWN || place.source == Source.BASE;
    if (last != null
        && last.source() == place.source
        && (!placed || last.file() == place.file && last.page() + last.count() == place.page)) {
      runs.set(runs.size() - 1, new Run(last.source(), last.file(), last.page(), last.count() + 1));
    } else {
      runs.add(new Run(place.source, place.file, place.page, 1));
    }
  }
}
