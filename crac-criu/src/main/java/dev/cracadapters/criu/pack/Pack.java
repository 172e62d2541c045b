/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.pack.PackWriter.Result;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Makes one compressed file of an image. The image is only read; where it is not whole there is no
 * file, and an older pack of the file's name stays as it is.
 */
@Command(
    name = "pack",
    description = {
      "Makes one compressed file of an image, to move it. It holds all that the image holds,"
          + " secrets included, and is readable by its owner alone.",
      ""
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:packed",
      "1:refused: this is no image, it is not whole, or the file cannot be written",
      "2:wrong usage"
    })
public final class Pack implements Callable<Integer> {

  private static final int BUFFER = 1 << 20;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "the image folder")
  private Path image;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "the pack to write, or an older pack to replace")
  private Path file;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description = "another image, which the other side has: what is in it is left out")
  private @Nullable Path base;

  @Spec private CommandSpec spec;

  /** For picocli. */
  public Pack() {}

  @Override
  public Integer call() throws RefusedException, IOException {
    Compression.load();
    ImageParts parts = ImageParts.of(image.toAbsolutePath().normalize());
    ImageParts known = base == null ? null : ImageParts.of(base.toAbsolutePath().normalize());
    Path target = file.toAbsolutePath().normalize();
    requireFree(target);
    Path part = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    part.toFile().deleteOnExit(); // an interrupted one holds the process's memory
    try {
      Result result = write(part, parts, known);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      spec.commandLine()
          .getOut()
          .println(
              "%s is packed into %s: %s of %s"
                      .formatted(
                          image,
                          file,
                          megabytes(result.packBytes()),
                          megabytes(result.imageBytes()))
                  + (base == null
                      ? ""
                      : "; %s of it %s has not".formatted(megabytes(result.newBytes()), base)));
      return 0;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static Result write(Path part, ImageParts parts, @Nullable ImageParts known)
      throws IOException, RefusedException {
    try (FileChannel channel =
            FileChannel.open(
                part,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rw-------")));
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER)) {
      Result result = new PackWriter(out).write(parts, known);
      out.flush();
      channel.force(true);
      return result;
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / (double) (1 << 20));
  }

  /** Somebody's file that is no pack is not replaced. */
  private static void requireFree(Path target) throws IOException, RefusedException {
    Path folder = target.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new RefusedException(
          String.valueOf(folder), "there is no such folder", "Name a file in one that is there");
    }
    if (!Files.isWritable(folder)) {
      throw new RefusedException(
          folder.toString(), "this user may not write into it", "Name a file in another folder");
    }
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    boolean isPack = false;
    if (Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
      try (var in = Files.newInputStream(target)) {
        isPack = Arrays.equals(in.readNBytes(PackWriter.MAGIC.length), PackWriter.MAGIC);
      }
    }
    if (!isPack) {
      throw new RefusedException(
          target.toString(),
          "it is there already, and no pack",
          "Name a file that does not exist yet, or an older pack");
    }
  }
}
