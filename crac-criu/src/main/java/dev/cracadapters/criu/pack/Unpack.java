/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.pack;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.core.support.FolderTrust.Weakness;
import dev.cracadapters.criu.image.ImageFolder;
import dev.cracadapters.criu.image.Placing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Makes an image of a pack. The image takes its place in one step, when every file is known to be
 * as it was packed; where one is not, the folder is as it was before.
 */
@Command(
    name = "unpack",
    description = {"Makes an image folder of a file that crac-criu pack wrote.", ""},
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:the image is there",
      "1:refused: the file is no pack, or not as it was written, or the folder may not be used;"
          + " nothing was unpacked",
      "2:wrong usage"
    })
public final class Unpack implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "FILE", description = "the pack")
  private Path file;

  @Parameters(
      index = "1",
      paramLabel = "IMAGE",
      description = "the image folder: a new one, an empty one, or one whose image is replaced")
  private Path image;

  @Option(
      names = "--base",
      paramLabel = "IMAGE",
      description = "the image that the file was packed with; otherwise the one that is replaced")
  private @Nullable Path base;

  @Spec private CommandSpec spec;

  /** For picocli. */
  public Unpack() {}

  @Override
  public Integer call() throws RefusedException, IOException {
    if (!Files.isRegularFile(file)) { // whoever opens a FIFO waits for ever
      throw new RefusedException(
          file.toString(), "it is no file", "Name a file that crac-criu pack wrote");
    }
    requireOwn();
    Compression.load();
    try (PackReader pack = new PackReader(file)) {
      Path known = base(pack.image());
      ImageFolder folder =
          ImageFolder.named(
              image,
              "Name a folder that you may write to, with room for the image; nothing was unpacked");
      Path staging = folder.stage();
      boolean done = false;
      long bytes;
      try (Unpacking unpacking = new Unpacking(pack, staging, known)) {
        bytes = unpacking.run();
        Placing.commit(staging);
        done = true;
      } catch (IOException e) {
        throw folder.unwritable(e);
      } finally {
        if (!done) {
          folder.giveUp(staging);
        }
      }
      spec.commandLine()
          .getOut()
          .println(
              "%s is unpacked to %s, %d MB. Restore it by %s"
                  .formatted(file, image, bytes >> 20, image.resolve("restore")));
      return 0;
    }
  }

  private @Nullable Path base(PackedImage packed) throws IOException, RefusedException {
    if (packed.base().isEmpty()) {
      return null;
    }
    Path known = (base == null ? image : base).toAbsolutePath().normalize();
    Path sums = known.resolve(ImageParts.SUMS);
    if (!Files.isRegularFile(sums, LinkOption.NOFOLLOW_LINKS)
        || !PackWriter.identity(known).equals(packed.base())) {
      throw new RefusedException(
          file.toString(),
          "it was packed with a base, and " + known + " is not that image",
          "Name by --base the image that it was packed with, or pack it without a base");
    }
    return known.toRealPath();
  }

  /** Whose script this user is going to run with whoever's memory. */
  private void requireOwn() throws IOException, RefusedException {
    Optional<Weakness> weakness =
        FolderTrust.current().weaknessOfFile(file.toRealPath()).filter(Weakness::fatal);
    if (weakness.isPresent()) {
      throw new RefusedException(file.toString(), weakness.get().cause(), weakness.get().remedy());
    }
  }
}
