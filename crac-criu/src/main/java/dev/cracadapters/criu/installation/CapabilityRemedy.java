/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** How to give an ordinary user, or a container, the capabilities that CRIU needs. */
public final class CapabilityRemedy {

  /** Where it is unknown which are needed. */
  public static final String ANY =
      "Run as root, or with the capabilities CHECKPOINT_RESTORE, SYS_PTRACE and SETPCAP";

  private CapabilityRemedy() {}

  /** The ways to do so, of which one is enough. */
  public static String of(Rights rights, Path criu) {
    List<Rights.Capability> needed = rights.needed().stream().map(Rights.Need::capability).toList();
    String container = joined(needed, "", " ", name -> "--cap-add=" + name);
    if (rights.uid() == 0) {
      return "Run the container with "
          + container
          + joined(
              needed,
              " (in Kubernetes securityContext: {capabilities: {add: [",
              ", ",
              UnaryOperator.identity())
          + "]}})";
    }
    String small = joined(needed, "", ",", name -> "+" + name.toLowerCase(Locale.ROOT));
    String systemd = joined(needed, "AmbientCapabilities=", " ", name -> "CAP_" + name);
    String shell = "setpriv --inh-caps=" + small + " --ambient-caps=" + small;
    String jvm =
        "give them to the JVM (in a systemd unit: %s; as root in a shell: %s --reuid=%d java ...)"
            .formatted(systemd, shell, rights.uid());
    if (rights.noNewPrivileges()) {
      return "Start it where programs can get privileges from their files (no --security-opt"
          + " no-new-privileges, in Kubernetes allowPrivilegeEscalation: true), or run as root, or "
          + jvm;
    }
    if (FileCapabilities.isScript(criu)) {
      return "Run as root, or " + jvm;
    }
    String file = joined(needed, "", ",", name -> "cap_" + name.toLowerCase(Locale.ROOT));
    return "Give them to CRIU (setcap %s+eip %s; in a container also %s), or %s"
        .formatted(file, criu, container, jvm);
  }

  private static String joined(
      List<Rights.Capability> needed, String before, String between, UnaryOperator<String> word) {
    return needed.stream()
        .map(Rights.Capability::name)
        .map(word)
        .collect(Collectors.joining(between, before, ""));
  }
}
