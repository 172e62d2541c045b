/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.restore;

import static dev.cracadapters.criu.testing.Services.ask;
import static dev.cracadapters.criu.testing.Services.end;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.RequiresCriu;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
@RequiresCriu
@DisplayName("Where a cgroup limits the memory a restore")
class MemoryLimitIT {

  private static final long MEGABYTE = 1 << 20;
  private static final String UNLIMITED = "9223372036854771712";

  @TempDir static Path folder;
  private static Image image;
  private static long bytes;

  private Path tree;
  private String name;

  @BeforeAll
  static void takeACheckpoint() throws Exception {
    image = Services.checkpointed(folder);
    bytes =
        Files.readAllLines(image.folder().resolve("restore")).stream()
            .filter(line -> line.startsWith("bytes="))
            .mapToLong(line -> Long.parseLong(line.substring("bytes=".length())))
            .findFirst()
            .orElseThrow();
  }

  @BeforeEach
  void makeATree(TestInfo test) throws Exception {
    name = test.getTestMethod().orElseThrow().getName();
    tree = Files.createDirectories(folder.resolve("tree-" + name));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    Services.assertNothingLeft(folder);
  }

  private void file(String path, Object value) throws IOException {
    Path file = tree.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, value + "\n");
  }

  /** A cgroup of version 2. */
  private void second(String path, Object limit, long current, long cache) throws IOException {
    file("cgroup.controllers", "cpu memory");
    file(path + "memory.max", limit);
    file(path + "memory.current", current);
    file(path + "memory.stat", "anon 1\nfile 2\ninactive_file " + cache + "\nactive_file 0");
  }

  /** One of version 1. */
  private void first(String path, Object limit, long current, long cache) throws IOException {
    file("memory/" + path + "memory.limit_in_bytes", limit);
    file("memory/" + path + "memory.usage_in_bytes", current);
    file(
        "memory/" + path + "memory.stat", "cache 5\ninactive_file 1\ntotal_inactive_file " + cache);
  }

  /** What {@code --check} says where /sys/fs/cgroup and /proc/self/cgroup are as they are faked. */
  private String check(String cgroups) throws Exception {
    Path line = Files.writeString(folder.resolve("cgroup-" + name), cgroups + "\n");
    String faked =
        "mount --bind '%s' /sys/fs/cgroup && mount --bind '%s' /proc/$$/cgroup && exec \"$@\""
            .formatted(tree, line);
    try (RunningProcess restore =
        image
            .restore("--check")
            .by("unshare", "--mount", "sh", "-c", faked, "machine")
            .start(folder, name)) {
      assertThat(restore.awaitExit()).as(restore.told()).isIn(0, 125);
      return restore.error();
    }
  }

  private static String finding(long free, String cgroup, long limit) {
    return "  - %d MB of memory are free in the cgroup %s, whose limit is %d MB: the process needs %d MB. Raise the limit, or end what else is in it\n"
        .formatted(free / MEGABYTE, cgroup, limit / MEGABYTE, bytes / MEGABYTE);
  }

  @Tag("essential")
  @Test
  @DisplayName("is refused where too little is free, in the cgroup or in one above it")
  void tooLittle() throws Exception {
    second("a/b/", "max", 1, 0);
    second("a/", 2 * bytes, bytes + MEGABYTE, 0);
    second("", "max", 3 * bytes, 0);
    assertThat(check("0::/a/b")).endsWith(finding(bytes - MEGABYTE, "/sys/fs/cgroup/a", 2 * bytes));
    second("a/b/", bytes / 2, 2 * bytes, 0);
    assertThat(check("0::/a/b")).endsWith(finding(0, "/sys/fs/cgroup/a/b", bytes / 2));
  }

  @Test
  @DisplayName("counts files that the kernel keeps as free")
  void cache() throws Exception {
    second("", 2 * bytes, 2 * bytes, bytes + MEGABYTE);
    assertThat(check("0::/")).isEmpty();
    second("", 2 * bytes, 2 * bytes, bytes - MEGABYTE);
    assertThat(check("0::/")).endsWith(finding(bytes - MEGABYTE, "/sys/fs/cgroup", 2 * bytes));
  }

  @Test
  @DisplayName("goes on where no cgroup limits it, or says nothing that can be read")
  void noLimit() throws Exception {
    assertThat(check("0::/")).isEmpty();
    second("", "max", 3 * bytes, 0);
    assertThat(check("0::/none/such")).isEmpty();
    file("memory.max", bytes / 2);
    Files.delete(tree.resolve("memory.current"));
    assertThat(check("0::/../elsewhere")).isEmpty();
    first("", UNLIMITED, 3 * bytes, 0);
    assertThat(check("3:cpu,cpuacct:/\n4:memory:/none")).isEmpty();
  }

  @Test
  @DisplayName("reads version 1 as well, also where its path is not shown in a container")
  void versionOne() throws Exception {
    first("docker/123/", bytes / 2, MEGABYTE, 0);
    first("", UNLIMITED, 3 * bytes, 0);
    assertThat(check("9:name=systemd:/\n4:hugetlb,memory:/docker/123\n0::/"))
        .endsWith(finding(bytes / 2 - MEGABYTE, "/sys/fs/cgroup/memory/docker/123", bytes / 2));
    first("", bytes / 2, MEGABYTE, 2 * MEGABYTE);
    assertThat(check("4:memory:/docker/456"))
        .endsWith(finding(bytes / 2 + MEGABYTE, "/sys/fs/cgroup/memory", bytes / 2));
  }

  @Test
  @DisplayName(
      "is refused in a real cgroup before it is killed there, and works where that is larger")
  void real() throws Exception {
    Path group = Path.of("/sys/fs/cgroup/memory/crac-" + ProcessHandle.current().pid());
    String limit = "memory.limit_in_bytes";
    if (Files.notExists(group.getParent())) {
      group = Path.of("/sys/fs/cgroup").resolve(group.getFileName());
      limit = "memory.max";
    }
    try {
      Files.createDirectory(group);
    } catch (IOException e) {
      assumeTrue(false, "no cgroup can be made here: " + e);
    }
    try {
      assumeTrue(Files.exists(group.resolve(limit)), "no cgroup with a limit can be made here");
      Image.Restore inGroup =
          image
              .restore()
              .by("sh", "-c", "echo $$ > '" + group + "/cgroup.procs'; exec \"$@\"", "in");
      Files.writeString(group.resolve(limit), Long.toString(bytes / 2));
      try (RunningProcess refused = inGroup.start(folder, name)) {
        assertThat(refused.awaitExit()).as(refused.told()).isEqualTo(125);
        assertThat(refused.error())
            .contains("of memory are free in the cgroup " + group + ", whose limit is ");
      }
      Files.writeString(group.resolve(limit), Long.toString(4 * bytes + 64 * MEGABYTE));
      try (RunningProcess service = inGroup.start(folder, name)) {
        service.awaitLine("restored ");
        assertThat(ask(service, "add 1", "sum=")).isEqualTo("sum=42");
        end(service);
      }
    } finally {
      leave(group);
    }
  }

  /** Whoever is still in it goes to the one above, so that it can be removed. */
  private static void leave(Path group) throws IOException {
    List<String> left = Files.readAllLines(group.resolve("cgroup.procs"));
    for (String pid : left) {
      Files.writeString(group.getParent().resolve("cgroup.procs"), pid);
    }
    Files.delete(group);
  }
}
