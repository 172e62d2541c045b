/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.criu.installation.ScriptCommands;
import java.util.ArrayList;
import java.util.List;

/** Are the commands there that the dump and the restore script use? */
final class CommandFindings {

  private CommandFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    List<String> missing = ScriptCommands.missing(ScriptCommands.all());
    findings.add(
        missing.isEmpty()
            ? Finding.ok(
                "commands", "sh, setsid, timeout, cksum, mkfifo and the others are in PATH")
            : Finding.fails(
                "commands",
                "not in PATH: " + String.join(", ", missing),
                ScriptCommands.install(missing)));
    for (String command : ScriptCommands.missing(List.of("unshare", "mount", "setpriv"))) {
      String whose = command.equals("setpriv") ? " by an ordinary user" : "";
      findings.add(
          Finding.warning(
              "commands",
              "not in PATH: " + command + ", without which there is no --clone" + whose,
              "Install util-linux"));
    }
    return findings;
  }
}
