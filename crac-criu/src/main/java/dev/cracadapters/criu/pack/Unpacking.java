/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.PackedImage.Packed;
import dev.cracadapters.criu.pack.PackedImage.Run;
import dev.cracadapters.criu.pack.PackedImage.Source;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files of a pack into an empty folder, and sees that each is as it was when it was
 * packed. Pages of zeros are left out, so that a file may take less room than it has bytes.
 */
final class Unpacking implements AutoCloseable {

  private final PackReader pack;
  private final PackedImage image;
  private final Path folder;
  private final @Nullable Path base;

  /** Those that pages are taken from again, by their paths. */
  private final Map<Path, FileChannel> sources = new HashMap<>();

  private final List<String> names;
  private final byte[] page = new byte[PackedImage.PAGE];

  Unpacking(PackReader pack, Path folder, @Nullable Path base) {
    this.pack = pack;
    this.image = pack.image();
    this.folder = folder;
    this.base = base;
    names = image.files().stream().map(Packed::name).toList();
  }

  /** All of them. Returns their bytes. */
  long run() throws IOException, RefusedException {
    long bytes = 0;
    for (Packed file : image.files()) {
      if (!ImageParts.isPart(file.name())) {
        throw pack.damaged(new IOException("it has a file that is none of an image's"));
      }
      write(file);
      bytes += file.bytes();
    }
    requireListed();
    return bytes;
  }

  /** The image's own list, which may be signed, has to name the same digests. */
  private void requireListed() throws IOException, RefusedException {
    Map<String, String> there = new HashMap<>();
    image.files().forEach(file -> there.put(file.name(), file.digest()));
    if (!there.containsKey(ImageParts.SUMS)) {
      throw pack.damaged(new IOException("its image has no " + ImageParts.SUMS));
    }
    Map<String, String> listed =
        ImageParts.digests(Files.readString(folder.resolve(ImageParts.SUMS)));
    for (Map.Entry<String, String> one : listed.entrySet()) {
      // A list may have more than the digests of files.
      if (ImageParts.isPart(one.getKey()) && !one.getValue().equals(there.get(one.getKey()))) {
        throw pack.damaged(
            new IOException(one.getKey() + " is not what the image's own list says it is"));
      }
    }
  }

  private void write(Packed file) throws IOException, RefusedException {
    Path path = folder.resolve(file.name());
    Path parent = path.getParent();
    if (parent != null && Files.notExists(parent)) {
      Files.createDirectory(
          parent,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    MessageDigest digest = Digests.sha256();
    long left = file.bytes();
    long position = 0;
    try (FileChannel channel =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      for (Run run : file.runs()) {
        for (int i = 0; i < run.count(); i++) {
          int length = (int) Math.min(left, PackedImage.PAGE);
          read(run, i, length);
          digest.update(page, 0, length);
          if (run.source() != Source.ZERO) {
            put(channel, position, length);
          }
          position += length;
          left -= length;
        }
      }
      if (left != 0) {
        throw pack.damaged(new IOException(file.name() + " has too few pages"));
      }
      if (channel.size() < file.bytes()) { // it ends with zeros
        channel.write(ByteBuffer.wrap(new byte[1]), file.bytes() - 1);
      }
      channel.force(false);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(file.digest())) {
      throw notAsPacked(file);
    }
    Files.setPosixFilePermissions(path, permissions(file.mode()));
    Files.setLastModifiedTime(path, FileTime.fromMillis(file.modified()));
  }

  private RefusedException notAsPacked(Packed file) {
    boolean ofBase = file.runs().stream().anyMatch(run -> run.source() == Source.BASE);
    return ofBase
        ? new RefusedException(
            String.valueOf(base),
            "its pages are not those that " + file.name() + " was packed with",
            "Name by --base the image that it was packed with, as it was written, or pack it"
                + " without a base; nothing was unpacked")
        : pack.damaged(new IOException(file.name() + " in it is not as it was packed"));
  }

  private void put(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(page, 0, length);
    while (bytes.hasRemaining()) {
      channel.write(bytes, position + bytes.position());
    }
  }

  private void read(Run run, int index, int length) throws IOException, RefusedException {
    if (length <= 0) {
      throw pack.damaged(new IOException("a file of it has too many pages"));
    }
    switch (run.source()) {
      case ZERO -> Arrays.fill(page, (byte) 0);
      case NEW -> {
        try {
          pack.readPage(page);
        } catch (EOFException e) {
          throw pack.damaged(new IOException("it is cut off", e));
        } catch (IOException e) {
          throw pack.damaged(e);
        }
      }
      case OWN -> read(folder, names, run, index);
      case BASE -> {
        if (base == null) {
          throw pack.damaged(new IOException("it needs a base, and names none"));
        }
        read(base, image.baseFiles(), run, index);
      }
    }
  }

  private void read(Path from, List<String> names, Run run, int index)
      throws IOException, RefusedException {
    if (run.file() < 0 || run.file() >= names.size() || !ImageParts.isPart(names.get(run.file()))) {
      throw pack.damaged(new IOException("a page comes from nowhere"));
    }
    FileChannel channel = source(from.resolve(names.get(run.file())));
    Arrays.fill(page, (byte) 0);
    ByteBuffer bytes = ByteBuffer.wrap(page);
    long start = ((long) run.page() + index) * PackedImage.PAGE;
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, start + bytes.position()) < 0) {
        break; // the last page of a file is filled up with zeros
      }
    }
  }

  private FileChannel source(Path path) throws IOException, RefusedException {
    FileChannel open = sources.get(path);
    if (open == null) {
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new RefusedException(
            path.toString(),
            "it is not there, or no file, and the pack needs it",
            "Name by --base the image that it was packed with");
      }
      open = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
      sources.put(path, open);
    }
    return open;
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's r to others' x
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode & 1 << (all.length - 1 - bit)) != 0) {
        permissions.add(all[bit]);
      }
    }
    return permissions;
  }

  @Override
  public void close() throws IOException {
    for (FileChannel source : sources.values()) {
      source.close();
    }
  }
}
