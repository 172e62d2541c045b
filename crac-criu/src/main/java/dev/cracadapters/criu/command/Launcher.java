/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.criu.restore.RestoreScript;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the script that verifies an image's signature before anything of the image runs. */
@Command(
    name = "launcher",
    description = {
      "Prints crac-restore, a POSIX shell script for where images are restored: it restores those alone that carry the"
          + " signature of a key (crac.image-key). Nothing of an image runs before that was seen.",
      "",
      "java -jar crac-criu.jar launcher > /usr/local/bin/crac-restore",
      ""
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:printed", "2:wrong usage"})
final class Launcher implements Callable<Integer> {

  @Spec private CommandSpec spec;

  Launcher() {}

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.print(RestoreScript.launcher());
    out.flush();
    return 0;
  }
}
