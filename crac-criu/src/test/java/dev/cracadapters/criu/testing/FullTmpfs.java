/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import java.nio.file.Path;

/** What starts a command where a folder is a file system of which little or nothing is left. */
public final class FullTmpfs {

  private static final String SCRIPT =
      "mkdir -p \"$1\" && mount -t tmpfs -o \"$3\" tmpfs \"$1\" || exit 9\n"
          + "if [ \"$2\" -ge 0 ]; then cat /dev/zero > \"$1/all\"; truncate -s \"-$2K\" \"$1/all\"; fi 2> /dev/null\n"
          + "shift 3; exec \"$@\"";

  private FullTmpfs() {}

  /**
   * One whose room is taken.
   *
   * @param folder where
   * @param left kilobytes that are free
   * @param options of the mount, such as its owner
   * @return the words to put before the command
   */
  public static String[] by(Path folder, int left, String options) {
    return words(folder, left, "size=64k," + options);
  }

  /**
   * One with room, and a number of files that it may have at most.
   *
   * @param folder where
   * @param files how many, the folder itself among them
   * @return the words to put before the command
   */
  public static String[] byNumberOfFiles(Path folder, int files) {
    return words(folder, -1, "mode=1777,nr_inodes=" + files);
  }

  private static String[] words(Path folder, int left, String options) {
    return new String[] {
      "unshare", "--mount", "sh", "-c", SCRIPT, "full", folder.toString(), "" + left, options
    };
  }
}
