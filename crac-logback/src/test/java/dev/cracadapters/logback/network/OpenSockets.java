/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.audit.DescriptorAudit;
import dev.cracadapters.core.audit.ResourcePolicies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The sockets that this process has open, as the kernel tells. */
final class OpenSockets {

  private OpenSockets() {}

  /** Connections that were made to a port, not those that were accepted there. */
  static List<String> to(int port) throws IOException {
    return rows("tcp").stream().filter(row -> port(row[2]) == port).map(OpenSockets::text).toList();
  }

  /** What listens at a port, and what was accepted there. */
  static List<String> at(int port) throws IOException {
    return rows("tcp").stream().filter(row -> port(row[1]) == port).map(OpenSockets::text).toList();
  }

  /** The sockets for datagrams but for those at a port. */
  static List<String> datagramsBut(int port) throws IOException {
    return rows("udp").stream().filter(row -> port(row[1]) != port).map(OpenSockets::text).toList();
  }

  /** What the strict audit refuses. */
  static List<String> refused() throws IOException {
    return new DescriptorAudit(
            AuditMode.STRICT, List.of(), ResourcePolicies.none(), covered -> Optional.empty())
        .run().refusals().stream().map(Throwable::getMessage).sorted().toList();
  }

  private static List<String[]> rows(String protocol) throws IOException {
    Set<String> own = inodes();
    List<String[]> rows = new ArrayList<>();
    for (String table : List.of(protocol, protocol + "6")) {
      for (String line : Files.readAllLines(Path.of("/proc/self/net", table))) {
        String[] row = line.trim().split("\\s+");
        if (own.contains(row[9])) {
          rows.add(row);
        }
      }
    }
    return rows;
  }

  private static Set<String> inodes() throws IOException {
    Set<String> inodes = new HashSet<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        try {
          String target = Files.readSymbolicLink(descriptor).toString();
          if (target.startsWith("socket:[")) {
            inodes.add(target.substring(8, target.length() - 1));
          }
        } catch (IOException e) {
          // Closed by now, as that of the listing is.
          continue;
        }
      }
    }
    return inodes;
  }

  private static int port(String address) {
    return Integer.parseInt(address.substring(address.indexOf(':') + 1), 16);
  }

  private static String text(String[] row) {
    return "%d to %d, state %s".formatted(port(row[1]), port(row[2]), row[3]);
  }
}
