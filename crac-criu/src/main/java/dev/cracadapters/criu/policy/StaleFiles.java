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
import org.jspecify.annotations.Nullable;
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

  private record Stale(WeakReference<FileDescriptor> descriptor, String words) {}

  private static final List<Stale> STALE = new CopyOnWriteArrayList<>();

  private StaleFiles() {}

  /**
   * Takes care of what the restore script found.
   *
   * @param told descriptor, reason and path of each, with colons between them
   * @throws IOException if not even the descriptors can be taken off the files: the process must
   *     not go on to write into them
   */
  public static void guard(List<String> told) throws IOException {
    if (told.isEmpty()) {
      return;
    }
    try {
      OpenStreams streams = OpenStreams.ofThisProcess();
      List<Stale> found = new ArrayList<>();
      for (String one : told) {
        String[] part = one.split(":", 3);
        int number = Integer.parseInt(part[0]);
        String words = part[2] + ": " + part[1];
        LOG.warn(
            "{}. The process had it open as descriptor {} and goes on; a use of that is an"
                + " IOException",
            words,
            number);
        streams.replace(number, FOLDER);
        for (FileDescriptor descriptor : streams.descriptors(number)) {
          found.add(new Stale(new WeakReference<>(descriptor), words));
        }
      }
      STALE.removeIf(one -> one.descriptor().get() == null);
      STALE.addAll(found);
      teachStreams(streams);
    } catch (ReflectiveOperationException e) {
      throw new IOException("This JDK gives no way to files that are not as they were", e);
    }
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

  private static @Nullable IOException check(FileDescriptor descriptor) {
    for (Stale one : STALE) {
      // A stream that has been closed says so itself.
      if (one.descriptor().get() == descriptor && descriptor.valid()) {
        return new IOException(one.words());
      }
    }
    return null;
  }
}
