/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.engine;

import dev.cracadapters.core.RestoreInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What whoever restored the process says about its new world: {@code NAME=VALUE}, one a line, as
 * the command {@code env} writes them, or each ended by a NUL, as {@code env -0} does. Lines that
 * begin with {@code #} do not count. {@code CRAC_INSTANCE_ID} names the instance, {@code
 * CRAC_ARGUMENT}, as often as needed, an argument; all others are environment variables.
 */
record GoFile(
    @Nullable String instanceId, Map<String, String> environment, List<String> arguments) {

  private static final Path KERNELS_UUID = Path.of("/proc/sys/kernel/random/uuid");

  /** A file that was written so long ago is whole, as is one that was moved in place. */
  private static final long SETTLED_MILLIS = 50;

  static final GoFile EMPTY = new GoFile(null, Map.of(), List.of());

  /** Whether the file is there and nobody writes it any more: opens nothing. */
  static boolean isThere(Path file) {
    return isThere(file, System.currentTimeMillis());
  }

  static boolean isThere(Path file, long now) {
    try {
      BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
      long age = now - seen.lastModifiedTime().toMillis();
      boolean settled = age >= SETTLED_MILLIS || age < 0; // below 0: another machine's clock
      return settled && seen.isRegularFile(); // a FIFO would be read for ever
    } catch (IOException e) {
      return false;
    }
  }

  static GoFile read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("it is no file");
    }
    String text = Files.readString(file);
    String instanceId = null;
    Map<String, String> environment = new HashMap<>();
    List<String> arguments = new ArrayList<>();
    for (String line : text.split(text.indexOf('\0') >= 0 ? "\0" : "\\R")) {
      int equals = line.indexOf('=');
      if (line.startsWith("#") || equals < 1) {
        continue;
      }
      String value = line.substring(equals + 1);
      switch (line.substring(0, equals)) {
        case "CRAC_INSTANCE_ID" -> instanceId = value;
        case "CRAC_ARGUMENT" -> arguments.add(value);
        default -> environment.put(line.substring(0, equals), value);
      }
    }
    return new GoFile(instanceId, environment, arguments);
  }

  boolean saysNothing() {
    return equals(EMPTY);
  }

  /** The environment is that of the checkpoint, with what the file says on top. */
  RestoreInfo restoreInfo() {
    Map<String, String> all = new HashMap<>(System.getenv());
    all.putAll(environment);
    return new RestoreInfo(
        Instant.now(),
        instanceId == null || instanceId.isBlank() ? freshInstanceId() : instanceId.strip(),
        all,
        Map.of(),
        arguments);
  }

  /** From the kernel: a generator of this process gives the same to every clone. */
  private static String freshInstanceId() {
    try {
      return Files.readString(KERNELS_UUID).strip();
    } catch (IOException e) {
      throw new IllegalStateException("An instance ID needs " + KERNELS_UUID, e);
    }
  }
}
