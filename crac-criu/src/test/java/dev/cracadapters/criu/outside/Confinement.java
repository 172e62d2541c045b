/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.outside;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a container may do.
 *
 * @param user its number, and its group's
 * @param group one more that the user is in, as Kubernetes' {@code fsGroup}; 0 for none
 * @param capabilities without CAP_; root has them, another user's programs can get them from files.
 *     None: nothing is said about them
 * @param noNewPrivileges as Kubernetes' {@code allowPrivilegeEscalation: false}
 * @param systemPaths whether /proc is hidden and read-only where Docker has it so
 * @param seccomp a profile, null for none
 * @param temporary whether /tmp can be written
 * @param volumes folders that are this machine's, to be written to
 */
record Confinement(
    long user,
    long group,
    List<String> capabilities,
    boolean noNewPrivileges,
    boolean systemPaths,
    @Nullable String seccomp,
    boolean temporary,
    List<Path> volumes) {

  static final Confinement NONE =
      new Confinement(0, 0, List.of(), false, false, null, true, List.of());

  /** What Docker gives a container that asks for nothing. */
  private static final List<String> USUAL =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "NET_BIND_SERVICE",
          "NET_RAW",
          "SYS_CHROOT",
          "MKNOD",
          "AUDIT_WRITE",
          "SETFCAP");

  private static final List<String> HIDDEN =
      List.of("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi");
  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  /** As docker run --cap-add=CHECKPOINT_RESTORE --cap-add=SYS_PTRACE --security-opt seccomp=... */
  static Confinement docker(@Nullable String seccomp, Path... volumes) {
    List<String> capabilities =
        Stream.concat(USUAL.stream(), Stream.of("CHECKPOINT_RESTORE", "SYS_PTRACE"))
            .map(name -> "CAP_" + name)
            .toList();
    return new Confinement(0, 0, capabilities, false, true, seccomp, true, List.of(volumes));
  }

  Confinement withUser(long other) {
    return new Confinement(
        other, group, capabilities, noNewPrivileges, systemPaths, seccomp, temporary, volumes);
  }

  Confinement withGroup(long more) {
    return new Confinement(
        user, more, capabilities, noNewPrivileges, systemPaths, seccomp, temporary, volumes);
  }

  Confinement withoutNewPrivileges() {
    return new Confinement(
        user, group, capabilities, true, systemPaths, seccomp, temporary, volumes);
  }

  Confinement withoutTemporary() {
    return new Confinement(
        user, group, capabilities, noNewPrivileges, systemPaths, seccomp, false, volumes);
  }

  void writeGroups(JsonGenerator json) throws IOException {
    if (group != 0) {
      json.writeArrayFieldStart("additionalGids");
      json.writeNumber(group);
      json.writeEndArray();
    }
  }

  void writeRights(JsonGenerator json) throws IOException {
    json.writeBooleanField("noNewPrivileges", noNewPrivileges);
    if (capabilities.isEmpty()) {
      return;
    }
    json.writeObjectFieldStart("capabilities");
    List<String> sets = new ArrayList<>(List.of("bounding"));
    if (user == 0) {
      sets.addAll(List.of("effective", "permitted"));
    }
    for (String set : sets) {
      Bundle.strings(json, set, capabilities);
    }
    json.writeEndObject();
  }

  void writeSystem(JsonGenerator json) throws IOException {
    if (systemPaths) {
      Bundle.strings(json, "maskedPaths", HIDDEN);
      Bundle.strings(json, "readonlyPaths", READ_ONLY);
    }
    if (seccomp != null) {
      json.writeFieldName("seccomp");
      try (JsonParser profile = new JsonFactory().createParser(seccomp)) {
        profile.nextToken();
        json.copyCurrentStructure(profile);
      }
    }
  }
}
