/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.support.FolderTrust;
import dev.cracadapters.criu.image.FolderContents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Can an image be written to a folder, and restored from there? The folder is not made. */
final class ImageFolderFindings {

  private static final String SUBJECT = "image folder";
  private static final long LITTLE_FREE_BYTES = 256L << 20;

  private ImageFolderFindings() {}

  static List<Finding> of(Path image) {
    List<Finding> findings = new ArrayList<>();
    Path folder = image.toAbsolutePath().normalize();
    Path there = folder;
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    try {
      Files.delete(Files.createTempFile(there, ".probe", null));
    } catch (IOException e) {
      findings.add(
          Finding.fails(
              SUBJECT,
              there
                  + (Files.isDirectory(there) ? " cannot be written (" + e + ")" : " is no folder"),
              "Name a folder that this user may write to"));
      return findings;
    }
    Finding use = use(folder, there);
    findings.add(use);
    if (use.level() == Finding.Level.FAILS) {
      return findings;
    }
    try {
      long free = Files.getFileStore(there).getUsableSpace();
      if (free < LITTLE_FREE_BYTES) {
        findings.add(
            Finding.warning(
                SUBJECT,
                "only " + (free >> 20) + " MB are free there",
                "Free some space: an image is about as large as the process's memory, and an older"
                    + " one stays until the new one is whole"));
      }
    } catch (IOException e) {
      findings.add(Finding.warning(SUBJECT, "its free space cannot be determined (" + e + ")", ""));
    }
    if (Mount.of(there).filter(mount -> mount.options().contains("noexec")).isPresent()) {
      findings.add(
          Finding.warning(
              SUBJECT,
              "nothing can be executed there (noexec), the image's own restore script included",
              "Restore by sh " + folder + "/restore"));
    }
    return findings;
  }

  /** Could somebody else change the image? Would the image be mixed with other files? */
  private static Finding use(Path folder, Path there) {
    boolean exists = there.equals(folder);
    try {
      Optional<String> foreign = exists ? FolderContents.foreign(folder) : Optional.empty();
      if (foreign.isPresent()) {
        return Finding.fails(SUBJECT, folder + ": " + foreign.get(), FolderContents.REMEDY);
      }
      Optional<FolderTrust.Weakness> weakness = FolderTrust.current().weakness(there, exists);
      if (weakness.isPresent()) {
        String cause = weakness.get().cause();
        return weakness.get().fatal()
            ? Finding.fails(SUBJECT, cause, weakness.get().remedy())
            : Finding.warning(SUBJECT, cause, weakness.get().remedy());
      }
    } catch (IOException e) {
      return Finding.fails(SUBJECT, folder + " cannot be looked at (" + e + ")", "Mount /proc");
    }
    return Finding.ok(SUBJECT, folder + (exists ? " can be written" : " can be made"));
  }
}
