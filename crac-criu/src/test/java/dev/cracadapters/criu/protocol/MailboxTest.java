/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.criu.CriuSettings;
import dev.cracadapters.criu.policy.StaleFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The mailbox")
class MailboxTest {

  private static final CriuSettings SETTINGS =
      new CriuSettings(
          "criu",
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          true,
          CriuSettings.Mapping.OFF,
          CriuSettings.Verification.OFF);

  @TempDir Path staging;

  private static final String RESTORED =
      "restored\0instance=instance-1\0image=/an/image\0bytes=12345\0events=/work/events\0lifeline=/work/lifeline\0";

  private Mail mail(String text) throws Exception {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      Files.writeString(staging.resolve("mailbox"), text);
      return mailbox.await(SETTINGS, staging, DumpProcesses.in(staging));
    }
  }

  private Mail.Restored restored(String text) throws Exception {
    return (Mail.Restored) mail(text);
  }

  @Test
  @DisplayName("tells what the restore script wrote")
  void tells() throws Exception {
    Mail.Restored restored =
        restored(
            RESTORED
                + "argument=one\0argument=two"
                + " words\0environment\0PATH=/bin\0EMPTY=\0EQUAL=a=b\0end\0");
    assertThat(restored.image().folder()).isEqualTo(Path.of("/an/image"));
    assertThat(restored.image().bytes()).isEqualTo(12345);
    assertThat(restored.events()).isEqualTo(Path.of("/work/events"));
    assertThat(restored.lifeline()).isEqualTo(Path.of("/work/lifeline"));
    assertThat(restored.info().instanceId()).isEqualTo("instance-1");
    assertThat(restored.info().arguments()).isEqualTo(List.of("one", "two words"));
    assertThat(restored.info().environment())
        .isEqualTo(Map.of("PATH", "/bin", "EMPTY", "", "EQUAL", "a=b"));
  }

  @Test
  @DisplayName("tells what the parts of the checkpoint took, in their order")
  void parts() throws Exception {
    assertThat(
            restored(RESTORED + "part=trim=310\0part=dump=80\0environment\0end\0").image().parts())
        .containsExactly(
            new CheckpointReport.Part("trim", 310), new CheckpointReport.Part("dump", 80));
  }

  @Test
  @DisplayName(
      "keeps arguments apart from the environment, empty ones and such as look like variables, too")
  void arguments() throws Exception {
    Mail.Restored restored =
        restored(RESTORED + "argument=\0argument=A=1\0argument=end\0environment\0B=2\0end\0");
    assertThat(restored.info().arguments()).isEqualTo(List.of("", "A=1", "end"));
    assertThat(restored.info().environment()).isEqualTo(Map.of("B", "2"));
  }

  @Test
  @DisplayName("hands over what the restore's options said, and the bytes of what is no text")
  void environment() throws Exception {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      Files.write(
          staging.resolve("mailbox"),
          (RESTORED
                  + "variable=N=1\0property=key=a value\0argument=\u00c3\u00a9\0"
                  + "environment\0B=\u00ff\0end\0")
              .getBytes(StandardCharsets.ISO_8859_1));
      Mail.Restored restored =
          (Mail.Restored) mailbox.await(SETTINGS, staging, DumpProcesses.in(staging));
      assertThat(restored.environment().environment()).isEqualTo(Map.of("N", "1", "B", "\u00ff"));
      assertThat(restored.info().environment()).isEqualTo(Map.of("N", "1", "B", "\ufffd"));
      assertThat(restored.info().systemProperties()).isEqualTo(Map.of("key", "a value"));
      assertThat(restored.info().arguments()).isEqualTo(List.of("é"));
    }
  }

  @Test
  @DisplayName("takes a caller with neither arguments nor environment")
  void nothing() throws Exception {
    Mail.Restored restored = restored(RESTORED + "environment\0end\0");
    assertThat(restored.info().arguments()).isEmpty();
    assertThat(restored.info().environment()).isEmpty();
  }

  @Test
  @DisplayName("tells a process that was left running of its image, and of no restore")
  void leftRunning() throws Exception {
    assertThat(mail("imaged\0image=/an = image\0bytes=12345\0end\0"))
        .isEqualTo(
            new Mail.Imaged(
                new CheckpointReport.Image(Path.of("/an = image"), 12345, List.of()), null));
  }

  @Test
  @DisplayName("tells such a process what it has to say itself")
  void toSay() throws Exception {
    String imaged = "imaged\0image=/image\0bytes=12345\0end\0";
    assertThat(((Mail.Imaged) mail(imaged + imaged + "said=walk 1 ms\0\0\0")).said())
        .isEqualTo("walk 1 ms");
    assertThat(((Mail.Imaged) mail(imaged + imaged)).said()).isNull();
  }

  @Test
  @DisplayName("hands over which files have changed, with any characters in their paths")
  void stale() throws Exception {
    assertThat(restored(RESTORED + "stale=7:it is gone:/a:b\u00e9\0environment\0end\0").stale())
        .containsExactly(new StaleFiles.StaleFile(7, "it is gone", "/a:b\u00e9"));
  }

  @Test
  @DisplayName("waits for the whole of the mail")
  void whole() throws Exception {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      Path file = staging.resolve("mailbox");
      Files.writeString(file, RESTORED + "argument=the ");
      CompletableFuture<Mail> later =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return mailbox.await(SETTINGS, staging, DumpProcesses.in(staging));
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThat(later).isNotDone();
      Files.writeString(file, "end\0environment\0", StandardOpenOption.APPEND);
      Files.writeString(file, "end\0", StandardOpenOption.APPEND);
      assertThat(((Mail.Restored) later.get(10, TimeUnit.SECONDS)).info().arguments())
          .isEqualTo(List.of("the end"));
    }
  }

  @Test
  @DisplayName("is known to CRIU by its path without the leading slash")
  void key() throws Exception {
    try (Mailbox mailbox = Mailbox.in(staging)) {
      assertThat("/" + mailbox.key()).isEqualTo(staging.resolve("mailbox").toString());
    }
  }

  @Test
  @DisplayName("tells of a dump that failed, in the dump script's words")
  void failed() throws Exception {
    assertThat(mail("failed\0criu dump ended with exit status 1\0end\0"))
        .isEqualTo(new Mail.Failed("criu dump ended with exit status 1"));
  }
}
