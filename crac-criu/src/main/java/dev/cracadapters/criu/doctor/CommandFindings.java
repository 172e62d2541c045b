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
          "chmod", "cat", "wc", "sed", "head", "uname", "sync", "sleep");
  private static final List<String> CLONE = List.of("unshare", "mount");
  private static final List<String> ORDINARY = List.of("setpriv");
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
    clones(findings, "--clone", CLONE);
    clones(findings, "--clone by an ordinary user", ORDINARY);
    return findings;
  }

  private static void clones(List<Finding> findings, String what, List<String> commands) {
    List<String> missing = missing(commands);
    if (!missing.isEmpty()) {
      findings.add(
          Finding.warning(
              "commands",
              "not in PATH: " + String.join(", ", missing) + ", without which there is no " + what,
              "Install util-linux"));
    }
  }

  private static List<String> missing(List<String> names) {
    return names.stream().filter(name -> SearchPath.locate(name).isEmpty()).toList();
  }
}
