/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("A policies file")
class PolicyFileTest {

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void realFolder() throws IOException {
    folder = temp.toRealPath();
  }

  private List<ResourcePolicy> read(String text) throws Exception {
    return PolicyFile.read(Files.writeString(folder.resolve("policies.yaml"), text));
  }

  private static Descriptor file(Object path) {
    return descriptor(Kind.FILE, path.toString(), null, null);
  }

  private static Descriptor descriptor(
      Kind kind,
      String target,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote) {
    return new Descriptor(7, kind, target, true, local, remote, List.of());
  }

  private static Descriptor socket(Kind kind, String local, @Nullable String remote)
      throws Exception {
    return descriptor(kind, "socket", address(local), remote == null ? null : address(remote));
  }

  private static InetSocketAddress address(String text) throws Exception {
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        InetAddress.getByName(text.substring(0, colon)),
        Integer.parseInt(text.substring(colon + 1)));
  }

  @Test
  @DisplayName("of the CRaC project's documentation is read as it is there")
  void documented() throws Exception {
    List<ResourcePolicy> policies =
        read(
            """
            type: file
            path: /path/to/my/file
            action: close
            ---
            # Here is some comment
            type: FILE
            path: **/*.log
            action: reopen
            """);

    assertThat(policies)
        .extracting(ResourcePolicy::action)
        .containsExactly(PolicyAction.CLOSE, PolicyAction.REOPEN);
    assertThat(policies.get(0).matcher().matches(file("/path/to/my/file"))).isTrue();
    assertThat(policies.get(0).matcher().matches(file("/path/to/my/file.log"))).isFalse();
    assertThat(policies.get(1).matcher().matches(file("/path/to/my/file.log"))).isTrue();
    assertThat(policies.get(1).where()).endsWith("policies.yaml, lines 6-8");
  }

  @Test
  @DisplayName("may have blank lines, indents, empty rules, and keys in any order and case")
  void forms() throws Exception {
    List<ResourcePolicy> policies =
        read("\n---\n  # nothing\n---\n\n  ACTION: Ignore\n   Type: Pipe\n\n  warn: false\n---\n");

    assertThat(policies).hasSize(1);
    assertThat(policies.get(0).warn()).isFalse();
    assertThat(policies.get(0).matcher().matches(descriptor(Kind.PIPE, "pipe:[1]", null, null)))
        .isTrue();
    assertThat(policies.get(0).matcher().matches(descriptor(Kind.PIPE, "/a/fifo", null, null)))
        .as("a named pipe is a file")
        .isFalse();
  }

  @Test
  @DisplayName("passes over types and keys that it does not know, as a CRaC JDK does")
  void unknown() throws Exception {
    assertThat(read("type: memory\naction: close\n---\ntype: file\ncolour: red\naction: close\n"))
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "type: file;action: shut | line 2: there is no action \"shut\" (there are: error, ignore, close, reopen)",
        "# one;;path: /x;action: close | line 3: the rule that begins here has no \"type\"",
        "type: file | line 1: the rule that begins here has no \"action\"",
        "type: file;action close | line 2: \"action close\" has not the form \"key: value\"",
        "type: file;action: | line 2: \"action:\" has not the form \"key: value\"",
        "type: socket;action: close;localPort: http | line 3: localPort is \"http\", which is not a number",
        "type: socket;family: ipx;action: close | line 2: there is no family \"ipx\"",
        "type: filedescriptor;action: close;value: x | line 3: value is \"x\", which is not a number",
        "type: filedescriptor;regex: (;action: close | line 2: \"(\" is no pattern",
        "type: file;path: [a;action: close | line 2: \"[a\" is no glob"
      })
  @DisplayName("that is wrong is refused with the line")
  void wrong(String lines, String message) {
    assertThatThrownBy(() -> read(lines.replace(";", "\n")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("policies.yaml: " + message);
  }

  @Test
  @DisplayName("that is not there is refused")
  void missing() {
    assertThatThrownBy(() -> PolicyFile.read(folder.resolve("none")))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("there is no such file");
    assertThatThrownBy(() -> PolicyFile.read(folder))
        .hasMessageContaining("it is not a regular file that can be read");
  }

  @Test
  @DisplayName("matches a file by a link to it, and by a path from the working directory")
  void paths() throws Exception {
    Path real = Files.createFile(folder.resolve("real [1].txt"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    Path here = Path.of("").toAbsolutePath();

    assertThat(
            read("type: file\naction: close\npath: " + link + "/*.txt\n")
                .get(0)
                .matcher()
                .matches(file(real)))
        .isTrue();
    assertThat(
            read("type: file\naction: close\npath: logs/*.log\n")
                .get(0)
                .matcher()
                .matches(file(here + "/logs/a.log")))
        .isTrue();
    assertThat(
            read("type: file\naction: close\npath: " + folder + "/*.txt\n")
                .get(0)
                .matcher()
                .matches(descriptor(Kind.DELETED_FILE, real + " (deleted)", null, null)))
        .isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "family: ipv4, true, false, false",
    "family: inet6, false, true, false",
    "family: ip, true, true, false",
    "family: unix, false, false, true",
    "localPort: 8080, true, false, false",
    "localPort: *, true, true, false",
    "localAddress: *, true, true, false",
    "localAddress: 127.0.0.1, true, false, false",
    "remotePort: 5432, false, true, false",
    "remoteAddress: ::1, false, true, false",
    "listening: true, true, false, false",
    "listening: false, false, true, true",
    "localPath: /run/*.sock, false, false, true"
  })
  @DisplayName("matches sockets by their family, ends and state")
  void sockets(String condition, boolean listener, boolean connection, boolean unix)
      throws Exception {
    ResourcePolicy policy = read("type: socket\naction: close\n" + condition + "\n").get(0);

    assertThat(policy.matcher().matches(socket(Kind.TCP_LISTENER, "127.0.0.1:8080", null)))
        .isEqualTo(listener);
    assertThat(policy.matcher().matches(socket(Kind.TCP_CONNECTION, "::1:40000", "::1:5432")))
        .isEqualTo(connection);
    assertThat(
            policy
                .matcher()
                .matches(descriptor(Kind.UNIX_SOCKET, "Unix socket /run/a.sock", null, null)))
        .isEqualTo(unix);
  }

  @Test
  @DisplayName("takes a socket that is bound to no address for one of either family")
  void wildcard() throws Exception {
    Descriptor any = socket(Kind.TCP_LISTENER, ":::8080", null);

    for (String condition : List.of("family: ipv4", "family: ipv6", "localAddress: 0.0.0.0")) {
      assertThat(
              read("type: socket\naction: close\n" + condition + "\n")
                  .get(0)
                  .matcher()
                  .matches(any))
          .as(condition)
          .isTrue();
    }
  }

  @Test
  @DisplayName("matches any descriptor by its number or its description")
  void raw() throws Exception {
    Descriptor timer = descriptor(Kind.OTHER, "anon_inode:[timerfd]", null, null);

    assertThat(
            read("type: filedescriptor\naction: ignore\nvalue: 7\n")
                .get(0)
                .matcher()
                .matches(timer))
        .isTrue();
    assertThat(
            read("type: filedescriptor\naction: ignore\nvalue: 8\n")
                .get(0)
                .matcher()
                .matches(timer))
        .isFalse();
    assertThat(
            read("type: filedescriptor\naction: ignore\nregex: timer\n")
                .get(0)
                .matcher()
                .matches(timer))
        .isTrue();
    assertThat(read("type: filedescriptor\naction: ignore\n").get(0).matcher().matches(timer))
        .isTrue();
    assertThat(read("type: filedescriptor\naction: ignore\n").get(0).matcher().matches(file("/x")))
        .isFalse();
    assertThat(
            read("type: filedescriptor\naction: ignore\nvalue: 7\n")
                .get(0)
                .matcher()
                .matches(file("/x")))
        .isTrue();
  }

  @Test
  @DisplayName("is refused where somebody else could change it, or put another in its place")
  void strangers() throws Exception {
    Path open = Files.createDirectory(folder.resolve("open"));
    Path file = Files.writeString(open.resolve("policies.yaml"), "");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> PolicyFile.read(file))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("policies " + file + ": " + file + " may be written by everybody")
        .hasMessageContaining("chmod o-w " + file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThatThrownBy(() -> PolicyFile.read(file))
        .hasMessageContaining(open + " may be written by everybody");
    Files.setAttribute(open, "unix:mode", 01777);
    assertThat(PolicyFile.read(file)).isEmpty();
  }
}
