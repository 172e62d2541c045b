/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import dev.cracadapters.core.support.Proc;
import java.io.IOException;

/** This process's memory as the kernel counts it. */
public final class ResidentMemory {

  private ResidentMemory() {}

  /** In bytes; 0 where {@code /proc} does not tell. */
  public static long bytes() {
    try {
      String kilobytes = Proc.self().status().getOrDefault("VmRSS", "0 kB");
      return Long.parseLong(kilobytes.replaceAll("\\D", "")) << 10;
    } catch (IOException e) {
      return 0;
    }
  }
}
