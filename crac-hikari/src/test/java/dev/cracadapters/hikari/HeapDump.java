/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari;

import dev.cracadapters.criu.testing.RunningProcess;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The live objects of another process. */
final class HeapDump {

  /** Strings and arrays of bytes, strings with wider characters, and arrays of characters. */
  private static final List<Charset> WRITINGS =
      List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE);

  private final byte[] bytes;

  private HeapDump(byte[] bytes) {
    this.bytes = bytes;
  }

  static HeapDump of(RunningProcess process, Path folder, String name) throws Exception {
    Path file = folder.resolve(name + ".hprof");
    process.send("dump " + file);
    process.awaitLine("dumped " + file);
    HeapDump dump = new HeapDump(Files.readAllBytes(file));
    Files.delete(file);
    return dump;
  }

  boolean has(String text) {
    return WRITINGS.stream().anyMatch(charset -> has(text.getBytes(charset)));
  }

  private boolean has(byte[] wanted) {
    for (int i = 0; i <= bytes.length - wanted.length; i++) {
      int matched = 0;
      while (matched < wanted.length && bytes[i + matched] == wanted[matched]) {
        matched++;
      }
      if (matched == wanted.length) {
        return true;
      }
    }
    return false;
  }
}
