/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cracadapters.criu.image.NeededFiles.NeededFile;
import dev.cracadapters.criu.testing.SmallJar;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
@DisplayName("What a restore needs")
class NeededFilesTest {

  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

  @TempDir Path named;
  private Path folder;
  private Path staging;

  @BeforeEach
  void stage() throws Exception {
    folder = named.toRealPath();
    staging = Files.createDirectories(folder.resolve("image/.new-1"));
  }

  private NeededFiles current() throws Exception {
    return NeededFiles.current(staging, JAVA_HOME.toRealPath(), Set.of());
  }

  private static List<Path> paths(NeededFiles needed) {
    return needed.files().stream().map(NeededFile::path).toList();
  }

  @Test
  @DisplayName(
      "are the class path, the working directory, and the JVM's own libraries, in the order of"
          + " their names")
  void thisJvm() throws Exception {
    NeededFiles needed = current();
    assertThat(paths(needed))
        .isSortedAccordingTo(Comparator.naturalOrder())
        .anyMatch(path -> path.toString().matches(".*/org\\.?/?crac.*\\.jar"))
        .anyMatch(path -> path.endsWith("lib/server/libjvm.so"))
        .anyMatch(path -> path.endsWith("lib/modules"));
    // One below the folder for temporary files is made again instead.
    Path here = Path.of("").toRealPath();
    Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    assertThat(here.startsWith(temporary) ? needed.temporary().open() : needed.places())
        .contains(here);
  }

  @Test
  @DisplayName("are no files of the kernel, which the JVM reads for a moment and which change")
  void kernel() throws Exception {
    Path file = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    assumeTrue(Files.isReadable(file), file + " is not here");
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isPositive();
      assertThat(paths(current())).noneMatch(path -> path.startsWith("/sys"));
    }
  }

  @Test
  @DisplayName(
      "are files that are open for reading, with their size and time, for as long as they are")
  void open() throws Exception {
    Path file = Files.writeString(folder.resolve("a 'file'"), "12345");
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2001-02-03T04:05:06.9Z")));
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isEqualTo('1');
      assertThat(current().files())
          .contains(
              new NeededFile(file, 5, Instant.parse("2001-02-03T04:05:06Z").getEpochSecond()));
    }
    assertThat(paths(current())).doesNotContain(file);
  }

  @Test
  @DisplayName("are not files that somebody else answers for")
  void excepted() throws Exception {
    Path file = Files.writeString(folder.resolve("ignored"), "12345");
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isEqualTo('1');
      NeededFiles needed = NeededFiles.current(staging, JAVA_HOME.toRealPath(), Set.of(file));
      assertThat(paths(needed)).doesNotContain(file);
      assertThat(needed.temporary().copied()).doesNotContain(file);
    }
  }

  @Test
  @DisplayName("are not files that are written, deleted, or part of the image in the making")
  void notOpen() throws Exception {
    Path written = folder.resolve("written");
    Path deleted = Files.writeString(folder.resolve("deleted"), "x");
    Path own = Files.writeString(staging.resolve("mailbox"), "x");
    try (OutputStream one = Files.newOutputStream(written);
        InputStream two = Files.newInputStream(deleted);
        InputStream three = Files.newInputStream(own)) {
      Files.delete(deleted);
      assertThat(paths(current())).noneMatch(path -> path.startsWith(folder));
      assertThat(current().deleted().stream().filter(path -> path.startsWith(folder)))
          .containsExactly(deleted);
      assertThat(List.of(one, two, three)).hasSize(3);
    }
  }

  @Test
  @DisplayName("is a file that is written through a mapping only as such, whatever is in it")
  void writtenMapping() throws Exception {
    Path file = Files.writeString(folder.resolve("mapped"), "12345");
    MappedByteBuffer mapped;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 5);
    }
    NeededFiles needed = current();
    assertThat(needed.places()).contains(file);
    assertThat(paths(needed)).doesNotContain(file);
    assertThat(mapped.get(0)).isEqualTo((byte) '1');
  }

  @Test
  @DisplayName("comes with the image where it is below the folder for temporary files")
  void temporary() throws Exception {
    assertThat(folder).startsWithRaw(Path.of(System.getProperty("java.io.tmpdir")).toRealPath());
    Path file = Files.writeString(folder.resolve("library.so"), "12345");
    try (InputStream open = Files.newInputStream(file)) {
      assertThat(open.read()).isEqualTo('1');
      NeededFiles needed = current();
      assertThat(needed.temporary().copied())
          .filteredOn(one -> one.startsWith(folder))
          .containsExactly(file);
      assertThat(needed.temporary().open()).contains(folder);
      assertThat(needed.values().get("copies")).containsPattern("\\d 6\\d\\d \\d+:\\d+ " + file);
    }
  }

  @Test
  @DisplayName("is found in memory as a path below the folder for temporary files and nothing else")
  void pattern() throws Exception {
    String text =
        new TemporaryFiles(folder, new java.util.TreeSet<>(), List.of(), List.of())
            .values()
            .get("temporary_pattern");
    // As a Java pattern, in which the first bracket in a set is written otherwise.
    Matcher matcher =
        Pattern.compile(text.replace("[^][", "[^\\]\\["))
            .matcher("made \"" + folder + "/jetty-docbase.8080.1/it\": ok");
    assertThat(matcher.find()).isTrue();
    assertThat(matcher.group()).isEqualTo(folder + "/jetty-docbase.8080.1/it");
  }

  @Test
  @DisplayName("are the jars that a jar of the class path names in its manifest, and theirs")
  void manifests() throws Exception {
    Path libraries = Files.createDirectory(folder.resolve("lib of it"));
    Path third = SmallJar.of(libraries.resolve("third.jar"), "third", "Third");
    Path second =
        SmallJar.naming(
            SmallJar.of(libraries.resolve("second.jar"), "second", "Second"), "third.jar none.jar");
    Path first =
        SmallJar.naming(
            SmallJar.of(folder.resolve("first.jar"), "first", "First"),
            "lib%20of%20it/second.jar first.jar http://localhost/x.jar");
    String before = System.getProperty("java.class.path");
    System.setProperty("java.class.path", first + ":" + folder.resolve("absent.jar"));
    try {
      assertThat(ClassPathFiles.all()).containsExactly(first, second, third);
    } finally {
      System.setProperty("java.class.path", before);
    }
  }
}
