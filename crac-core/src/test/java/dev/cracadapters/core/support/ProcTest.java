/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("What the kernel tells of a process")
class ProcTest {

  @TempDir private Path folder;
  private Proc proc;

  @BeforeEach
  void proc() {
    proc = new Proc(folder);
  }

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.write(path, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  @DisplayName("is read whatever name its command has")
  void stat() throws IOException {
    write(
        "stat", "17 (a) b\n\u00e9) S 1 17 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n");

    assertThat(proc.stat()).isEqualTo(new Proc.Stat("S", 12, "987654"));
  }

  @Test
  @DisplayName("is the same for this process by its number")
  void self() throws IOException {
    Proc.Stat stat = Proc.of(ProcessHandle.current().pid()).stat();

    assertThat(stat.startTime()).isEqualTo(Proc.self().stat().startTime());
    assertThat(Proc.self().status()).containsKeys("VmRSS", "CapEff", "Uid");
    assertThat(Proc.self().mappings())
        .anySatisfy(one -> assertThat(one.path()).endsWith("/libjvm.so"));
  }

  @Test
  @DisplayName("comes by fields")
  void status() throws IOException {
    write("status", "Name:\tjava\nUid:\t1\t2\t3\t4\nVmRSS:\t  123 kB\n");

    assertThat(proc.status())
        .containsEntry("Name", "java")
        .containsEntry("Uid", "1\t2\t3\t4")
        .containsEntry("VmRSS", "123 kB");
  }

  @Test
  @DisplayName("is read where a path is not UTF-8, and where it is")
  void mappings() throws IOException {
    write("maps", "7f00-7f01 r-xp 00000000 fe:00 12 /a b\n7f01-7f02 rw-p 0 00:00 0 \n");
    Files.write(
        folder.resolve("maps"),
        "7f03-7f04 rw-s 0 fe:00 13 /\u00e9 (deleted)\n".getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.APPEND);
    Files.write(
        folder.resolve("maps"),
        "7f04-7f05 r--p 0 fe:00 14 /\u00e9\n".getBytes(StandardCharsets.ISO_8859_1),
        StandardOpenOption.APPEND);

    assertThat(proc.mappings())
        .containsExactly(
            new Proc.Mapping("r-xp", "/a b"),
            new Proc.Mapping("rw-s", "/\u00e9" + Proc.DELETED),
            new Proc.Mapping("r--p", "/\ufffd"));
  }

  @Test
  @DisplayName("is how a descriptor was opened, and what it watches")
  void info() throws IOException {
    write("fdinfo/5", "pos:\t0\nflags:\t02102001\nmnt_id:\t29\nino:\t7\n");
    write(
        "fdinfo/6",
        "pos:\t0\nflags:\t02000002\nmnt_id:\t15\ntfd:        7 events:       19 data: 7  pos:0\n");

    Proc.DescriptorInfo file = proc.info(5);
    assertThat(file.isWritable()).isTrue();
    assertThat(file.isWriteOnly()).isTrue();
    assertThat(file.isAppending()).isTrue();
    assertThat(file.isNonBlocking()).isFalse();
    assertThat(file.mountId()).isEqualTo("29");
    assertThat(proc.info(6).watches()).containsExactly(new Proc.Watch(7, 0x19));
    assertThat(proc.info(6).isWriteOnly()).isFalse();
    assertThatThrownBy(() -> proc.info(7)).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  @DisplayName("is what is open now")
  void descriptors() throws IOException {
    Path file = Files.createFile(folder.resolve("open"));
    Proc self = Proc.self();
    int number;
    try (var open = Files.newInputStream(file)) {
      number =
          self.descriptors().stream()
              .filter(one -> self.target(one).equals(Optional.of(file.toString())))
              .findFirst()
              .orElseThrow();
      assertThat(self.info(number).isWritable()).isFalse();
      assertThat(Files.isSameFile(self.link(number), file)).isTrue();
      assertThat(open.available()).isZero();
    }
    assertThat(self.target(number)).isNotEqualTo(Optional.of(file.toString()));
  }

  @Test
  @DisplayName("ends at line feeds alone")
  void lines() throws IOException {
    write("mounts", "a\rb c\nd\n");
    write("empty", "");

    assertThat(proc.lines("mounts")).isEqualTo(Arrays.asList("a\rb c", "d"));
    assertThat(proc.lines("empty")).isEmpty();
  }
}
