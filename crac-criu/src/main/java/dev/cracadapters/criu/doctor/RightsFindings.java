/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.criu.installation.CapabilityRemedy;
import dev.cracadapters.criu.installation.Rights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Which capability is missing for this user? */
final class RightsFindings {

  private RightsFindings() {}

  /** Of a CRIU whose own check has passed, or has not. */
  static List<Finding> of(Rights rights, Path criu, boolean passed) {
    List<Finding> findings = new ArrayList<>();
    findings.add(user(rights));
    if (rights.hopeless()) {
      findings.add(
          Finding.fails(
              "ptrace",
              "kernel.yama.ptrace_scope is 3: no process can be looked into until the next boot",
              "Boot with a lower kernel.yama.ptrace_scope (1 is usual)"));
    }
    List<Rights.Need> missing = rights.missing();
    // Then the capabilities come from somewhere that cannot be seen, and all of them will.
    boolean hidden = passed && missing.stream().anyMatch(need -> need.capability().isTheLeast());
    for (Rights.Need need : rights.needed()) {
      String text = need.capability() + ", " + need.reason();
      if (!missing.contains(need)) {
        findings.add(Finding.ok("capability", text));
      } else if (hidden) {
        findings.add(
            Finding.ok("capability", text + ": not this user's, but CRIU's own check passes"));
      }
    }
    if (!missing.isEmpty() && !hidden) {
      findings.add(
          Finding.fails(
              "capability",
              missing.stream()
                  .map(need -> need.capability() + " is missing, " + need.reason())
                  .collect(Collectors.joining("; ")),
              CapabilityRemedy.of(rights, criu)));
    }
    return findings;
  }

  private static Finding user(Rights rights) {
    if (!rights.unprivileged()) {
      return Finding.ok("user", "root");
    }
    String who = rights.uid() == 0 ? "root without SYS_ADMIN" : "the ordinary user " + rights.uid();
    return Finding.warning(
        "user",
        who
            + ": CRIU makes no time namespace, so a restored process's System.nanoTime jumps by the"
            + " time since its checkpoint, and after a reboot it cannot be restored in place",
        rights.uid() == 0
            ? "Nothing, where that does no harm; otherwise run the container with"
                + " --cap-add=SYS_ADMIN"
            : "Nothing, where that does no harm; otherwise restore with --clone, or as root");
  }
}
