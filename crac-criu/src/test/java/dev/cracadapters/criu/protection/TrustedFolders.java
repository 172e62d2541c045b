/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protection;

import dev.cracadapters.core.support.FolderTrust;
import java.nio.file.Path;
import java.util.Optional;

/** Says of each of its arguments, an image folder, what a checkpoint would think of it. */
final class TrustedFolders {

  private TrustedFolders() {}

  public static void main(String... folders) throws Exception {
    for (String folder : folders) {
      Optional<FolderTrust.Weakness> weakness =
          FolderTrust.current().weakness(Path.of(folder), true);
      System.out.println(
          folder
              + " "
              + weakness
                  .map(one -> (one.fatal() ? "refused " : "warned ") + one.cause())
                  .orElse("trusted"));
    }
  }
}
