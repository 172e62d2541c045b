/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The Linux distribution, by what {@code /etc/os-release} says, and where it has its CRIU. */
public record Distribution(String id, List<String> like, String version) {

  private static final String ANY =
      "by this distribution's package, or build it (criu.org/Installation)";

  public static Distribution here() {
    for (String file : List.of("/etc/os-release", "/usr/lib/os-release")) {
      try {
        return of(Files.readString(Path.of(file)));
      } catch (IOException e) {
        continue; // the second one is the standard's, too
      }
    }
    return new Distribution("", List.of(), "");
  }

  public static Distribution of(String release) {
    return new Distribution(
        value(release, "ID"),
        Stream.of(value(release, "ID_LIKE").split(" ")).filter(one -> !one.isEmpty()).toList(),
        value(release, "VERSION_ID"));
  }

  private static String value(String release, String name) {
    return release
        .lines()
        .filter(line -> line.startsWith(name + "="))
        .map(line -> line.substring(name.length() + 1).replaceAll("^[\"']|[\"']$", ""))
        .findFirst()
        .orElse("");
  }

  /** What gives this distribution a CRIU that works, or what else to do; for the doctor. */
  public String install() {
    String command = command();
    return (command.equals(ANY) ? "Install CRIU 4.0 or newer " : "")
        + command
        + "; or name one by -Dcrac.criu=/path/to/criu (here: --criu)";
  }

  /** What gives this distribution a CRIU that works. */
  String command() {
    return Stream.concat(Stream.of(id), like.stream())
        .map(this::install)
        .filter(one -> !one.isEmpty())
        .findFirst()
        .orElse(ANY);
  }

  private String install(String name) {
    return switch (name) {
      case "debian" -> debian();
      case "ubuntu" -> "add-apt-repository ppa:criu/ppa && apt-get install criu";
      case "fedora", "rhel", "centos" -> "dnf install criu";
      case "alpine" -> "apk add criu (from the community repository)";
      case "arch" -> "pacman -S criu";
      case "suse", "opensuse" -> "zypper install criu";
      default -> "";
    };
  }

  private String debian() {
    boolean old = id.equals("debian") && version.matches("\\d+") && Integer.parseInt(version) < 13;
    return old
        ? "java -jar crac-criu.jar doctor --install-criu /opt/criu (Debian "
            + version
            + "'s own CRIU, 3.17 or older, works neither on kernels from 6.13 on nor for an ordinary"
            + " user; this brings a newer one of Debian's beside it), or go to Debian 13"
        : "apt-get install criu";
  }
}
