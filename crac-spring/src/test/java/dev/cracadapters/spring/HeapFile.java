/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A heap dump, read as bytes. */
final class HeapFile {

  private HeapFile() {}

  /** Whose passwords are among the bytes of a file, in one byte a character or in two. */
  static Set<String> contained(Path file, Map<String, String> passwords) throws IOException {
    Set<String> found = new HashSet<>();
    int overlap = 256;
    byte[] window = new byte[1 << 20];
    int kept = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.readNBytes(window, 0, window.length);
          read > 0;
          read = in.readNBytes(window, kept, window.length - kept)) {
        String text = new String(window, 0, kept + read, StandardCharsets.ISO_8859_1);
        passwords.forEach(
            (user, password) -> {
              for (Charset charset :
                  List.of(StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE)) {
                String bytes = new String(password.getBytes(charset), StandardCharsets.ISO_8859_1);
                if (text.contains(bytes)) {
                  found.add(user);
                }
              }
            });
        int length = kept + read;
        kept = Math.min(overlap, length);
        System.arraycopy(Arrays.copyOfRange(window, length - kept, length), 0, window, 0, kept);
      }
    }
    return found;
  }
}
