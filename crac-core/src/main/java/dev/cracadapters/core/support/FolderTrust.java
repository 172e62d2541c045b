/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who could change what is in a folder: its owner, its group, everybody, and the same for each
 * folder above it, for whoever may rename one of these may put another in its place. Root and this
 * process's user are trusted, and the groups that this process is in. Access control lists are not
 * looked at. {@code crac-restore} has the same rule, in {@code trust.sh}.
 *
 * @param users who may own what is trusted
 * @param groups whose members may write to it
 * @param privateGroup the one that needs no warning
 * @param pod whether all who could get at a volume's folder are of one Kubernetes pod
 */
public record FolderTrust(Set<Integer> users, Set<Integer> groups, int privateGroup, boolean pod) {

  private static final int GROUP_WRITES = 0020;
  private static final int OTHERS_WRITE = 0002;
  private static final int STICKY = 01000;

  /** As the kernel follows them. */
  private static final int MOST_LINKS = 40;

  /**
   * Somebody else who could change it.
   *
   * @param fatal whether that somebody is not trusted
   * @param cause who, and at which folder
   * @param remedy a sentence
   */
  public record Weakness(boolean fatal, String cause, String remedy) {}

  /** That of this process. */
  public static FolderTrust current() throws IOException {
    Map<String, String> status = Proc.self().status();
    int uid = id(status, "Uid");
    int gid = id(status, "Gid");
    Set<Integer> users = new HashSet<>(List.of(0, uid));
    if (Proc.inUserNamespace()) {
      // Whoever has no number in here, the machine's root first of all.
      users.add(Sysctl.number("kernel/overflowuid"));
    }
    Set<Integer> groups = new HashSet<>(List.of(0, gid));
    for (String group : status.getOrDefault("Groups", "").split("\\s+")) {
      if (!group.isEmpty()) {
        groups.add(Integer.parseInt(group));
      }
    }
    return new FolderTrust(users, groups, gid, System.getenv("KUBERNETES_SERVICE_HOST") != null);
  }

  /**
   * Whether somebody else could have a path lead elsewhere, by a link on the way to what it names,
   * or by a folder that has such a link; empty if not. What is not there ends the way.
   */
  public Optional<Weakness> link(Path named) throws IOException {
    Path absolute = named.toAbsolutePath();
    Deque<Path> ahead = new ArrayDeque<>();
    absolute.forEach(ahead::add);
    Path root = absolute.getRoot();
    Path at = root;
    for (int links = 0; !ahead.isEmpty(); ) {
      Path next = at.resolve(ahead.pop()).normalize(); // at has no links: its parent is its parent
      if (!Files.isSymbolicLink(next)) {
        at = next;
        continue;
      }
      links++;
      if (links > MOST_LINKS) {
        throw new FileSystemLoopException(named.toString());
      }
      int uid = (Integer) Files.getAttribute(next, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (!users.contains(uid)) {
        return Optional.of(
            new Weakness(
                true,
                "%s is a link of user %d, who could have it lead elsewhere".formatted(next, uid),
                "Name the folder itself"));
      }
      Optional<Weakness> folder = above(at, false).filter(Weakness::fatal);
      if (folder.isPresent()) {
        return folder;
      }
      Path target = Files.readSymbolicLink(next);
      at = target.isAbsolute() ? root : at;
      for (int i = target.getNameCount() - 1; i >= 0; i--) {
        ahead.push(target.getName(i));
      }
    }
    return Optional.empty();
  }

  /** The effective one of the four. */
  private static int id(Map<String, String> status, String field) throws IOException {
    String ids = status.get(field);
    if (ids == null) {
      throw new IOException("/proc/self/status has no " + field);
    }
    return Integer.parseInt(ids.split("\\s+")[1]);
  }

  /**
   * The worst weakness of a folder or file that exists, of those above it, and of the way there.
   *
   * @param image whether all of it must be this process's; otherwise it is the folder in which one
   *     will be made
   */
  public Optional<Weakness> weakness(Path folder, boolean image) throws IOException {
    Optional<Weakness> link = link(folder);
    return link.isPresent() ? link : above(folder.toRealPath(), image);
  }

  /**
   * The worst weakness of a folder that exists, in which something is to be made, and of those
   * above it.
   */
  public Optional<Weakness> weaknessToMakeIn(Path folder) throws IOException {
    return weakness(folder, false);
  }

  /** The worst weakness of a file that exists, by its real path, and of the folders above it. */
  public Optional<Weakness> weaknessOfFile(Path file) throws IOException {
    return weakness(file, true);
  }

  /** The same of a path without links. */
  private Optional<Weakness> above(Path real, boolean image) throws IOException {
    Optional<Weakness> warning = Optional.empty();
    for (Path at = real; at != null; at = at.getParent()) {
      Map<String, Object> seen = Files.readAttributes(at, "unix:uid,gid,mode");
      int mode = (Integer) seen.get("mode");
      // There nobody but its owner may rename or remove an entry; but everybody may add one.
      boolean sticky = (mode & STICKY) != 0 && !(image && at.equals(real));
      Optional<Weakness> found =
          weakness(at, (Integer) seen.get("uid"), (Integer) seen.get("gid"), mode, sticky);
      if (found.filter(Weakness::fatal).isPresent()) {
        return found;
      }
      warning = warning.or(() -> found);
    }
    return warning;
  }

  private Optional<Weakness> weakness(Path at, int uid, int gid, int mode, boolean sticky)
      throws IOException {
    if (!users.contains(uid)) {
      return Optional.of(
          new Weakness(
              true,
              "%s belongs to user %d, who could put something else there".formatted(at, uid),
              "Name a folder that, like all above it, is this user's or root's"));
    }
    if (sticky) {
      return Optional.empty();
    }
    if ((mode & OTHERS_WRITE) != 0) {
      boolean volume = pod && isMountPoint(at);
      return Optional.of(
          new Weakness(
              !volume,
              "%s may be written by everybody, who could put something else there".formatted(at),
              (mode & STICKY) != 0
                  ? "Name a folder of its own below it"
                  : "Take that right away (chmod o-w %s), or name another folder".formatted(at)));
    }
    if ((mode & GROUP_WRITES) != 0 && gid != privateGroup && gid != 0) {
      return Optional.of(
          new Weakness(
              !groups.contains(gid),
              "%s may be written by the group %d, whose members could put something else there"
                  .formatted(at, gid),
              "Take that right away (chmod g-w %s), or name another folder".formatted(at)));
    }
    return Optional.empty();
  }

  private static boolean isMountPoint(Path folder) throws IOException {
    String point = folder.toString().replace(" ", "\\040");
    return Proc.self().lines("mountinfo").stream()
        .anyMatch(line -> line.split(" ")[4].equals(point));
  }
}
