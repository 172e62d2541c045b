/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import dev.cracadapters.core.audit.OpenStreams;
import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that a policy ignores, and that are not what they were at the checkpoint. Their descriptors
 * are taken off them, and every use of a stream or channel of one is an {@link IOException} with
 * the path and the reason; the rest of the process goes on.
 *
 * <p>{@link java.io.FileInputStream}, {@link java.io.FileOutputStream}, {@link
 * java.io.RandomAccessFile} and {@link java.nio.channels.FileChannel}, on which those of {@link
 * java.nio.file.Files} stand, are taught that by {@link StreamGuard}. All others get an {@link
 * IOException} with the kernel's own words: for the descriptor then is a folder.
 */
public final class StaleFiles {

  private static final Logger LOG = LoggerFactory.getLogger(StaleFiles.class);

  /** Where nothing can be read or written. */
  private static final Path FOLDER = Path.of("/");

  /** A file that has changed or is gone: its descriptor, what happened as a clause, its path. */
  public record StaleFile(int descriptor, String reason, String path) {

    /** As the restore script writes it, with colons between. */
    public static StaleFile parse(String text) {
      String[] part = text.split(":", 3);
      return new StaleFile(Integer.parseInt(part[0]), part[1], part[2]);
    }
  }

  private record Stale(WeakReference<FileDescriptor> descriptor, String message) {}

  private static final List<Stale> STALE = new CopyOnWriteArrayList<>();

  private StaleFiles() {}

  /**
   * Closes to their streams what the restore script found.
   *
   * @throws IOException if not even the descriptors can be taken off the files: the process must
   *     not go on to write into them
   */
  public static void guard(List<StaleFile> files) throws IOException {
    if (files.isEmpty()) {
      return;
    }
    try {
      OpenStreams streams = OpenStreams.ofThisProcess();
      List<Stale> found = new ArrayList<>();
      for (StaleFile file : files) {
        String message = file.path() + ": " + file.reason();
        LOG.warn(
            "{}. The process had it open as descriptor {} and goes on; a use of that is an"
                + " IOException",
            message,
            file.descriptor());
        streams.replace(file.descriptor(), FOLDER);
        for (FileDescriptor descriptor : streams.descriptors(file.descriptor())) {
          found.add(new Stale(new WeakReference<>(descriptor), message));
        }
      }
      STALE.removeIf(one -> one.descriptor().get() == null);
      STALE.addAll(found);
      teachStreams(streams);
    } catch (ReflectiveOperationException e) {
      throw new IOException("This JDK gives no way to files that are not as they were", e);
    }
  }

  /**
   * Uses what {@link #guard} needs and may not be there.
   *
   * @throws LinkageError if it is not
   */
  public static void check() {
    StreamGuard.check();
  }

  private static void teachStreams(OpenStreams streams) {
    try {
      StreamGuard.install(streams.lookup(), StaleFiles::check);
    } catch (Exception | LinkageError e) {
      LOG.warn(
          "Streams cannot be taught the path and the reason for their exceptions; they have the"
              + " kernel's own words instead",
          e);
    }
  }

  private static void check(FileDescriptor descriptor) {
    for (Stale one : STALE) {
      // A stream that has been closed says so itself.
      if (one.descriptor().get() == descriptor && descriptor.valid()) {
        StaleFiles.<RuntimeException>sneak(new IOException(one.message()));
      }
    }
  }

  /** The methods that this comes out of declare the exception, the one in between does not. */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> void sneak(IOException e) throws E {
    throw (E) e;
  }
}
