/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import dev.cracadapters.core.support.Proc;
import dev.cracadapters.core.support.Sysctl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a CRIU that this process starts may do, and what it lacks: the effective user and group, the
 * supplementary groups divided by blanks, the capabilities of this process, of CRIU, and those that
 * any program could still get.
 *
 * @param noNewPrivileges whether a program can get none by being started
 * @param ptraceScope {@code kernel.yama.ptrace_scope}, 0 where there is no Yama
 * @param lastCapability the number of the last one that the kernel knows
 */
public record Rights(
    long uid,
    long gid,
    String groups,
    long jvm,
    long criu,
    long bounding,
    boolean noNewPrivileges,
    int ptraceScope,
    int lastCapability) {

  /** Nothing can be attached any more until the next boot, whoever asks. */
  private static final int NO_PTRACE = 3;

  /** The capabilities that count here, by their numbers. */
  public enum Capability {
    SETPCAP(8),
    SYS_PTRACE(19),
    SYS_ADMIN(21),
    CHECKPOINT_RESTORE(40);

    private final long mask;

    Capability(int number) {
      mask = 1L << number;
    }

    long mask() {
      return mask;
    }

    /** Whether CRIU says by itself that it cannot do without. */
    public boolean isTheLeast() {
      return this == CHECKPOINT_RESTORE || this == SYS_ADMIN;
    }

    boolean isIn(long set) {
      return (set & mask) != 0;
    }
  }

  /** A capability, and what CRIU wants it for, as a clause. */
  public record Need(Capability capability, String reason) {}

  /** Of a CRIU that this process starts from a file. */
  public static Rights of(Path criu) throws IOException {
    Map<String, String> status = Proc.self().status();
    int ptraceScope = Sysctl.number("kernel/yama/ptrace_scope");
    int last = Sysctl.number("kernel/cap_last_cap");
    Rights rights = of(status, 0, ptraceScope, last);
    // Root's programs get what root has, whatever their files say.
    return rights.uid == 0 ? rights : of(status, FileCapabilities.of(criu), ptraceScope, last);
  }

  public static Rights of(
      Map<String, String> status, long fileCapabilities, int ptraceScope, int lastCapability) {
    long uid = effective(status.get("Uid"));
    boolean frozen = "1".equals(status.get("NoNewPrivs"));
    long bounding = set(status, "CapBnd");
    long own = frozen ? 0 : fileCapabilities & bounding;
    // The rule of execve: a file's capabilities take the place of the ambient ones.
    long criu = uid == 0 ? set(status, "CapEff") : own != 0 ? own : set(status, "CapAmb");
    return new Rights(
        uid,
        effective(status.get("Gid")),
        status.getOrDefault("Groups", ""),
        set(status, "CapPrm"),
        criu,
        bounding,
        frozen,
        ptraceScope,
        lastCapability);
  }

  /** The second of the real, the effective, the saved and the file system's. */
  private static long effective(@Nullable String ids) {
    return Long.parseLong(Objects.requireNonNull(ids).split("\\s+")[1]);
  }

  private static long set(Map<String, String> fields, String name) {
    return Long.parseUnsignedLong(fields.getOrDefault(name, "0"), 16);
  }

  /**
   * Whether CRIU must be told that it is not all-powerful: it refuses an ordinary user without that
   * word, and fails as a container's root, who lacks SYS_ADMIN.
   */
  public boolean unprivileged() {
    return uid != 0 || !Capability.SYS_ADMIN.isIn(criu);
  }

  /** Whether no capability helps. */
  public boolean hopeless() {
    return ptraceScope >= NO_PTRACE;
  }

  /** Whether a restore takes capabilities out of a bounding set, even where they are not in it. */
  private boolean dropsBounding() {
    long all = (1L << (lastCapability + 1)) - 1;
    return !noNewPrivileges && (bounding & all) != all;
  }

  /** Whose process this is, for the restore script to compare with its own user. */
  public Map<String, String> ofTheProcess() {
    return Map.of(
        "process_user",
        uid + ":" + gid,
        "process_groups",
        groups,
        "process_capabilities",
        "0x" + Long.toHexString(jvm),
        "process_bounded",
        Boolean.toString(dropsBounding()));
  }

  /** All that CRIU needs, of this kernel and for this process. */
  public List<Need> needed() {
    List<Need> needed = new ArrayList<>();
    boolean isKnown =
        lastCapability >= Long.numberOfTrailingZeros(Capability.CHECKPOINT_RESTORE.mask);
    needed.add(
        isKnown
            ? new Need(
                Capability.CHECKPOINT_RESTORE, "to see a process's files, and to choose PIDs")
            : new Need(
                Capability.SYS_ADMIN, "for CHECKPOINT_RESTORE, which kernels have from 5.9 on"));
    if (ptraceScope > 0 || (jvm & ~criu) != 0) {
      String why =
          ptraceScope > 0
              ? "kernel.yama.ptrace_scope is " + ptraceScope
              : "that has capabilities which CRIU has not";
      needed.add(new Need(Capability.SYS_PTRACE, "to look into the JVM, because " + why));
    }
    if (dropsBounding()) {
      String why = "to limit the restored process's bounding set, as this one's is limited";
      needed.add(new Need(Capability.SETPCAP, why));
    }
    return needed;
  }

  /** What CRIU needs and has not. */
  public List<Need> missing() {
    return needed().stream().filter(need -> !has(need.capability())).toList();
  }

  private boolean has(Capability capability) {
    return capability.isIn(criu)
        || capability == Capability.CHECKPOINT_RESTORE && Capability.SYS_ADMIN.isIn(criu);
  }
}
