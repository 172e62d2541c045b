/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The JVM's memory layout")
class MemoryLayoutTest {

  @Test
  @DisplayName("is read from what the diagnostic commands of each collector print")
  void ranges() {
    assertThat(
            MemoryLayout.ranges(
                """
                 def new generation   total 39296K, used 1K [0x00000000f8000000, 0x00000000faaa0000, 0x00000000fd550000)
                  eden space 34944K,   0% used
                 garbage-first heap   total reserved 131072K, used 2190K [0x00000000f8000000, 0x0000000100000000)
                 ZHeap           used 4M, capacity 128M, max capacity 128M
                 bounds [0x00007efcc0ec7000, 0x00007efcc1137000, 0x00007efcc8400000]
                """))
        .containsExactly("f8000000-fd550000", "f8000000-100000000", "7efcc0ec7000-7efcc8400000");
    assertThat(
            MemoryLayout.nodes(
                """
                vsl class-space:
                - node #0: base 0x0000000029000000: reserved=1048576.00 KB, committed=128.00 KB
                 0:0x0000000029000000: GNOomlkjihfedcb
                """))
        .containsExactly("29000000-69000000");
  }

  @Test
  @DisplayName("is known of the JVM that runs this test")
  void here() {
    MemoryLayout layout = MemoryLayout.current();
    assertThat(layout.areas()).containsOnlyKeys("heap", "codeCache", "metaspace");
    assertThat(layout.areas().get("codeCache")).isNotEmpty();
    assertThat(layout.areas().get("metaspace")).isNotEmpty();
  }
}
