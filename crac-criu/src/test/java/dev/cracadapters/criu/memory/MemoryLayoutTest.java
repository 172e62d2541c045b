/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
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
    assertThat(layout.areas())
        .containsOnlyKeys("heap", "codeCache", "metaspace", "collectorTables", "nativeHeap");
    assertThat(layout.areas().get("codeCache")).isNotEmpty();
    assertThat(layout.areas().get("metaspace")).isNotEmpty();
    assertThat(layout.areas().get("collectorTables")).isNotEmpty();
    assertThat(layout.areas().get("nativeHeap")).isNotEmpty();
    assertThat(layout.allocated()).containsOnlyKeys("symbols", "stringTable", "directBuffers");
    assertThat(layout.allocated().get("symbols")).isGreaterThan(1 << 20);
    assertThat(layout.allocated().get("stringTable")).isGreaterThan(1 << 16);
    ByteBuffer buffer = ByteBuffer.allocateDirect(3 << 20);
    assertThat(MemoryLayout.current().allocated().get("directBuffers"))
        .isEqualTo(layout.allocated().get("directBuffers") + buffer.capacity());
  }

  @Test
  @DisplayName("has the collectors' tables, and the sizes of the JVM's own")
  void tables() {
    assertThat(
            MemoryLayout.tables(
                """
                Card table byte_map: [0x00007f7306c28000,0x00007f7306d28000] _byte_map_base: 0x00007f7306528000
                Marking Bits (Prev, Next): (CMBitMap*) 0x00007f7300063480, (CMBitMap*) 0x00007f73000634c0
                 Prev Bits: [0x00007f7306200000, 0x00007f7306a00000)
                 End Bits:   [0x00007fb7da1d0000, 0x00007fb7e0000000)
                """))
        .containsExactly(
            "7f7306c28000-7f7306d28000", "7f7306200000-7f7306a00000", "7fb7da1d0000-7fb7e0000000");
    String statistics =
        """
        Number of buckets       :     65536 =    524288 bytes, each 8
        Number of entries       :     29281 =    468496 bytes, each 16
        Number of literals      :     29281 =   2283968 bytes, avg  78.000
        Total footprint         :           =   3276752 bytes
        """;
    assertThat(MemoryLayout.tableBytes(statistics, true)).isEqualTo(3276752);
    assertThat(MemoryLayout.tableBytes(statistics, false)).isEqualTo(524288 + 468496);
    assertThat(MemoryLayout.tableBytes("", true)).isZero();
  }
}
