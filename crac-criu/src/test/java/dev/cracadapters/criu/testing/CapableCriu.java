/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** A CRIU whose file gives whoever starts it the capabilities it needs. */
public final class CapableCriu {

  private CapableCriu() {}

  /**
   * Makes it. The one that tools/criu brought is started by a loader of its own: that gets them.
   *
   * @param folder for the folder {@code capable}, with all that is new
   * @param criu one that tools/criu has brought; the test is skipped where it is another
   * @return the command
   * @throws Exception if it cannot be made
   */
  public static Path in(Path folder, Path criu) throws Exception {
    Path home = folder.resolve("capable");
    Path brought = criu.toRealPath().getParent().getParent().resolve("root");
    assumeTrue(Files.isDirectory(brought), "CRIU is not one that tools/criu has brought");
    Process made =
        new ProcessBuilder(
                "sh",
                "-ec",
                """
                mkdir -p "$1"
                for one in "$2"/usr/lib64/ld-linux-x86-64.so.2 "$2"/lib64/ld-linux-x86-64.so.2; do
                  [ ! -e "$one" ] || cp -L "$one" "$1/loader"
                done
                libraries=$(echo "$2"/usr/lib/*-linux-gnu)
                cat > "$1/criu" << SCRIPT
                #!/bin/sh
                exec "$1/loader" --library-path "$libraries" "$2/usr/sbin/criu" "\\$@"
                SCRIPT
                chmod 755 "$1" "$1"/*
                PATH=$PATH:/usr/sbin:/sbin
                setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip "$1/loader"
                """,
                "sh",
                home.toString(),
                brought.toString())
            .inheritIO()
            .start();
    assumeTrue(made.waitFor() == 0, "files cannot be given capabilities here (setcap)");
    return home.resolve("criu");
  }
}
