/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in a pack: each file of the image as runs of pages. A page that is new is in one of the
 * blocks, in the order of the files; any other is a page of zeros, one of an earlier page of the
 * same image, or one of the base, an image that the other side has.
 *
 * @param base the SHA-256 of the base's list of digests; empty where there is no base
 * @param baseFiles the files of the base, by their numbers in the runs
 */
record PackedImage(
    String base, List<String> baseFiles, List<Block> blocks, List<Packed> files, long newPages) {

  static final int PAGE = 4096;

  /** As many new pages are compressed together: a damaged one costs no more memory than that. */
  static final int BLOCK_PAGES = 256;

  private static final int VERSION = 1;
  private static final int MOST = 1 << 26;

  /** Where a run's pages come from. */
  enum Source {
    ZERO,
    NEW,
    OWN,
    BASE
  }

  /** Pages one after the other; a file and a first page in it have those of an image alone. */
  record Run(Source source, int file, int page, int count) {}

  /** So many bytes that become so many pages. */
  record Block(int bytes, int pages) {}

  /** A file, with its permissions, its time in milliseconds, and its SHA-256. */
  record Packed(String name, int mode, long modified, long bytes, String digest, List<Run> runs) {}

  void write(DataOutputStream out) throws IOException {
    out.writeInt(VERSION);
    out.writeUTF(base);
    out.writeInt(baseFiles.size());
    for (String name : baseFiles) {
      out.writeUTF(name);
    }
    out.writeInt(blocks.size());
    for (Block block : blocks) {
      out.writeInt(block.bytes);
      out.writeInt(block.pages);
    }
    out.writeInt(files.size());
    for (Packed file : files) {
      out.writeUTF(file.name);
      out.writeInt(file.mode);
      out.writeLong(file.modified);
      out.writeLong(file.bytes);
      out.writeUTF(file.digest);
      out.writeInt(file.runs.size());
      for (Run run : file.runs) {
        out.writeByte(run.source.ordinal());
        out.writeInt(run.file);
        out.writeInt(run.page);
        out.writeInt(run.count);
      }
    }
    out.writeLong(newPages);
  }

  static PackedImage read(DataInputStream in) throws IOException {
    int version = in.readInt();
    if (version != VERSION) {
      throw new IOException(
          "it is of version " + version + ", and this crac-criu knows " + VERSION);
    }
    String base = in.readUTF();
    List<String> baseFiles = new ArrayList<>();
    for (int left = count(in); left > 0; left--) {
      baseFiles.add(in.readUTF());
    }
    List<Block> blocks = new ArrayList<>();
    for (int left = count(in); left > 0; left--) {
      blocks.add(new Block(in.readInt(), in.readInt()));
    }
    List<Packed> files = new ArrayList<>();
    for (int left = count(in); left > 0; left--) {
      String name = in.readUTF();
      int mode = in.readInt();
      long modified = in.readLong();
      long bytes = in.readLong();
      String digest = in.readUTF();
      List<Run> runs = new ArrayList<>();
      for (int rest = count(in); rest > 0; rest--) {
        int source = in.readByte();
        if (source < 0 || source >= Source.values().length) {
          throw new IOException("a page comes from nowhere");
        }
        runs.add(new Run(Source.values()[source], in.readInt(), in.readInt(), in.readInt()));
      }
      files.add(new Packed(name, mode, modified, bytes, digest, runs));
    }
    return new PackedImage(base, baseFiles, blocks, files, in.readLong());
  }

  private static int count(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MOST) {
      throw new IOException("a list has " + count + " entries");
    }
    return count;
  }

  static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE;
  }
}
