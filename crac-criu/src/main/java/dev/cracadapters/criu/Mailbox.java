/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.RestoreInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file that this process holds open over the dump, and by which it learns what became of it. In
 * the original process the dump script writes into it when the dump failed. In a restored one the
 * restore script has put another file in its place, and fills it when it has seen that the image is
 * whole: until then the process waits.
 *
 * <p>Mail is a list of words, each ended by a NUL: {@code failed} and why, or {@code restored} and
 * what the restore script tells as {@code name=value}, a name as often as there are values, then
 * {@code environment} and the variables of the script as they are; and last {@code end}.
 */
final class Mailbox implements AutoCloseable {

  private static final Duration SLACK = Duration.ofSeconds(60);
  private static final String LAST = "end\0";

  private final FileChannel channel;
  private final Path file;

  private Mailbox(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  static Mailbox in(Path staging) throws IOException {
    Path file = Files.createFile(staging.resolve("mailbox"));
    return new Mailbox(FileChannel.open(file, StandardOpenOption.READ), file);
  }

  /** What CRIU knows the file by: its path without the leading slash. */
  String key() {
    return key(file);
  }

  static String key(Path file) {
    return file.toString().substring(1);
  }

  /** Waits until there is mail. Returns in the restored process only. */
  Restored await(CriuSettings settings, Path staging)
      throws IOException, RefusedException, InterruptedException {
    String[] mail = new String[1];
    IOException[] unreadable = new IOException[1];
    // Both time-outs lie in this wait, on a clock that stands still between the dump and the
    // restore.
    Duration limit = settings.dumpTimeout().plus(settings.restoreTimeout()).plus(SLACK);
    boolean came =
        Deadline.after(limit)
            .await(
                () -> {
                  try {
                    mail[0] = read();
                  } catch (IOException e) {
                    unreadable[0] = e;
                  }
                  return mail[0] != null || unreadable[0] != null;
                });
    if (unreadable[0] != null) {
      throw unreadable[0];
    }
    if (!came) {
      throw new RefusedException(
          "CRIU",
          "nothing was heard of the dump within " + limit.toSeconds() + " s",
          "look at " + staging + " and raise crac.criu.dump-timeout");
    }
    return parse(mail[0], staging);
  }

  private @Nullable String read() throws IOException {
    long size = channel.size();
    if (size < LAST.length()) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(size));
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
      continue;
    }
    String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    return text.endsWith('\0' + LAST) ? text : null;
  }

  private static Restored parse(String mail, Path staging) throws RefusedException {
    List<String> words = Arrays.asList(mail.split("\0"));
    if (words.get(0).equals("failed")) {
      throw DumpFailure.of(words.get(1), staging);
    }
    int environmentStart = words.indexOf("environment");
    Map<String, List<String>> told = new HashMap<>();
    for (String word : words.subList(1, environmentStart)) {
      int equals = word.indexOf('=');
      told.computeIfAbsent(word.substring(0, equals), name -> new ArrayList<>())
          .add(word.substring(equals + 1));
    }
    Map<String, String> environment = new HashMap<>();
    for (String entry : words.subList(environmentStart + 1, words.size() - 1)) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        environment.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    RestoreInfo info =
        new RestoreInfo(
            Instant.now(),
            one(told, "instance"),
            environment,
            told.getOrDefault("argument", List.of()));
    return new Restored(
        info,
        Path.of(one(told, "image")),
        Long.parseLong(one(told, "bytes")),
        Path.of(one(told, "events")),
        Path.of(one(told, "lifeline")),
        told.getOrDefault("stale", List.of()));
  }

  private static String one(Map<String, List<String>> told, String name) {
    return told.get(name).get(0);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
