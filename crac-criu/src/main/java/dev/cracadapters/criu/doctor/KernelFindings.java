/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.doctor;

import dev.cracadapters.core.support.Sysctl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Has the kernel what a checkpoint needs, and what a clone needs? */
final class KernelFindings {

  private KernelFindings() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(version(System.getProperty("os.version")));
    findings.add(
        // This setting exists with CONFIG_CHECKPOINT_RESTORE and not without it.
        Files.exists(Path.of("/proc/sys/kernel/ns_last_pid"))
            ? Finding.ok("CONFIG_CHECKPOINT_RESTORE", "the kernel was built with it")
            : Finding.fails(
                "CONFIG_CHECKPOINT_RESTORE",
                "the kernel was built without it (/proc/sys/kernel/ns_last_pid is missing)",
                "Boot a kernel that was built with CONFIG_CHECKPOINT_RESTORE, as all large"
                    + " distributions' are"));
    findings.add(
        Files.exists(Path.of("/proc/self/ns/time"))
            ? Finding.ok("time namespaces", "the monotonic clock can go on from where it was")
            : Finding.warning(
                "time namespaces",
                "the kernel has none: a restored process's System.nanoTime jumps",
                "Boot a kernel from 5.6 on with CONFIG_TIME_NS"));
    findings.add(userNamespaces());
    if (Sysctl.number("kernel/io_uring_disabled") != 2) {
      findings.add(
          Finding.ok(
              "io_uring",
              "may be used here; CRIU cannot dump a process that does: NIO and epoll are fine"));
    }
    return findings;
  }

  static Finding version(String version) {
    String[] parts = version.split("\\D+");
    int number = Integer.parseInt(parts[0]) * 1000 + Integer.parseInt(parts[1]);
    return number >= 5009
        ? Finding.ok("kernel", version)
        : Finding.warning(
            "kernel",
            version + " has no capability CHECKPOINT_RESTORE: only root can take checkpoints",
            "Boot a kernel from 5.9 on");
  }

  private static Finding userNamespaces() {
    String subject = "user namespaces";
    String why = "an ordinary user cannot restore with --clone";
    if (Sysctl.number("user/max_user_namespaces") == 0) {
      return Finding.warning(
          subject, "there are none: " + why, "sysctl user.max_user_namespaces=1000");
    }
    for (String closed :
        List.of("unprivileged_userns_clone=0", "apparmor_restrict_unprivileged_userns=1")) {
      String name = closed.substring(0, closed.indexOf('='));
      String value = closed.substring(closed.indexOf('=') + 1);
      if (Sysctl.text("kernel/" + name).filter(value::equals).isPresent()) {
        return Finding.warning(
            subject,
            "kernel." + closed + ": " + why,
            "sysctl kernel." + name + "=" + (value.equals("0") ? "1" : "0"));
      }
    }
    return Finding.ok(
        subject,
        "an ordinary user can restore with --clone, and take checkpoints of a JVM that was started in"
            + " one (docs/engine.md, Without root)");
  }
}
