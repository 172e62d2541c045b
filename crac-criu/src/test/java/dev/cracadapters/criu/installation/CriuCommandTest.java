/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The criu command")
class CriuCommandTest {

  private static final String INSTALL =
      "Install CRIU 4.0 or newer: "
          + Distribution.here().command()
          + "; or name one by -Dcrac.criu=/path/to/criu (Spring: spring.crac.criu.command; the command"
          + " crac-criu: --criu)";

  private static final String ALL = "000001ffffffffff";

  /** Root's, whoever runs the tests. */
  private static final Rights ROOT =
      Rights.of(
          Map.of("Uid", "0\t0\t0\t0", "Gid", "0\t0\t0\t0", "CapEff", ALL, "CapBnd", ALL), 0, 1, 40);

  @TempDir Path folder;

  private CriuCommand criu(String... lines) throws Exception {
    Path script = Services.script(folder.resolve("criu"), lines);
    return CriuCommand.find(script.toString());
  }

  @Test
  @DisplayName("that is not where it was said to be is refused with what to install")
  void missing() {
    Path nowhere = folder.resolve("nowhere/criu");
    assertThatThrownBy(() -> CriuCommand.find(nowhere.toString()))
        .isInstanceOf(RefusedException.class)
        .hasMessage("CRIU: there is no command " + nowhere + ". " + INSTALL);
  }

  @Test
  @DisplayName("that may not be executed is none")
  void notExecutable() throws Exception {
    Path text = Files.writeString(folder.resolve("criu"), "#!/bin/sh\n");
    assertThatThrownBy(() -> CriuCommand.find(text.toString()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("there is no command " + text);
  }

  @Test
  @DisplayName("that is not in PATH is refused with the PATH that was searched")
  void notInPath() {
    assertThatThrownBy(() -> CriuCommand.find("criu-of-nobody"))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "CRIU: there is no command criu-of-nobody in PATH (%s). %s"
                .formatted(System.getenv("PATH"), INSTALL));
  }

  @Test
  @DisplayName("is looked for in PATH when it is only named")
  void inPath() throws Exception {
    assertThat(CriuCommand.find("sh").path()).isAbsolute().isExecutable().hasFileName("sh");
  }

  @Test
  @DisplayName("that says that it looks good is taken, warnings or not")
  void good() throws Exception {
    criu("#!/bin/sh", "echo 'Warn: something is old' >&2; echo 'Looks good.'").check(ROOT);
  }

  @Test
  @DisplayName(
      "that does not work on this kernel is refused in its own words, with what to install")
  void doesNotWork() throws Exception {
    CriuCommand criu =
        criu(
            "#!/bin/sh",
            "echo 'Error (criu/vdso.c:292): vdso: Unexpected rt vDSO area bounds' >&2",
            "echo 'Error (criu/vdso.c:711): vdso: Failed to fill self vdso symtable' >&2",
            "exit 1");
    assertThatThrownBy(() -> criu.check(ROOT))
        .isInstanceOf(RefusedException.class)
        .hasMessage(
            "CRIU: %s does not work on kernel %s with these rights. It said: Error (criu/vdso.c:292): vdso: Unexpected rt vDSO area bounds; Error (criu/vdso.c:711): vdso: Failed to fill self vdso symtable. %s"
                .formatted(criu.path(), System.getProperty("os.version"), INSTALL));
  }

  @Test
  @DisplayName("that lacks rights is refused with the rights it needs")
  void rights() throws Exception {
    CriuCommand criu =
        criu(
            "#!/bin/sh",
            "echo 'Error: CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE required'",
            "exit 1");
    assertThatThrownBy(() -> criu.check(ROOT))
        .isInstanceOf(RefusedException.class)
        .hasMessageEndingWith(
            "Run as root, or with the capabilities CHECKPOINT_RESTORE, SYS_PTRACE and SETPCAP");
  }

  @Test
  @DisplayName("that says nothing is refused, too")
  void silent() throws Exception {
    CriuCommand criu = criu("#!/bin/sh", "exit 3");
    assertThatThrownBy(() -> criu.check(ROOT))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("It said: nothing. Install CRIU");
  }

  @Test
  @DisplayName("that cannot be started is refused")
  void noProgram() throws Exception {
    CriuCommand criu = criu("#!/nowhere/interpreter");
    assertThatThrownBy(() -> criu.check(ROOT))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("cannot be started")
        .hasMessageEndingWith(INSTALL);
  }

  @Test
  @DisplayName("that does not come to an end is given up")
  void hangs() throws Exception {
    CriuCommand criu =
        criu("#!/bin/sh", "sleep 600", "echo Looks good").limitedTo(Duration.ofMillis(300));
    assertThatThrownBy(() -> criu.check(ROOT))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(criu.path() + " check did not end within 300 ms");
  }

  @Test
  @DisplayName("tells its version")
  void version() throws Exception {
    assertThat(criu("#!/bin/sh", "echo 'Version: 4.1.1'; echo 'GitID: v4.1.1'").version())
        .isEqualTo("4.1.1");
    assertThat(criu("#!/bin/sh", "echo 'something else'").version()).isEqualTo("unknown");
  }
}
