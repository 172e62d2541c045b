/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.criu.installation.SearchPath;
import java.util.ArrayList;
import java.util.List;

/** Are the commands there that the dump and the restore script use? */
final class CommandFindings {

  private static final List<String> EACH =
      List.of(
          "sh", "setsid", "timeout", "cksum", "mkfifo", "mktemp", "mkdir", "mv", "cp", "rm",
          "chmod", "cat", "od", "awk", "sed", "head", "uname", "sync", "sleep");
  private static final String PACKAGES =
      "Install coreutils and util-linux (busybox has most of them, too)";

  private CommandFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    List<String> missing = missing(EACH);
    findings.add(
        missing.isEmpty()
            ? Finding.ok(
                "commands", "sh, setsid, timeout, cksum, mkfifo and the others are in PATH")
            : Finding.fails("commands", "not in PATH: " + String.join(", ", missing), PACKAGES));
    for (String command : missing(List.of("unshare", "mount", "setpriv"))) {
      String whose = command.equals("setpriv") ? " by an ordinary user" : "";
      findings.add(
          Finding.warning(
              "commands",
              "not in PATH: " + command + ", without which there is no --clone" + whose,
              "Install util-linux"));
    }
    return findings;
  }

  private static List<String> missing(List<String> names) {
    return names.stream().filter(name -> SearchPath.locate(name).isEmpty()).toList();
  }
}
