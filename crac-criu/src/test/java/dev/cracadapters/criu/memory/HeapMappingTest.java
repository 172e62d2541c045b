/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The heap's mapping")
class HeapMappingTest {

  @Test
  @DisplayName("counts what is writable of it alone")
  void writable() {
    List<String> maps =
        List.of(
            "1000-3000 rw-p 00000000 00:00 0 ",
            "3000-8000 ---p 00000000 00:00 0 ",
            "8000-9000 r--p 00000000 00:00 0 ",
            "9000-b000 rw-p 00000000 00:00 0 [heap]",
            "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]");
    assertThat(new HeapMapping(0x2000, 0xa000).writable(maps)).hasValue(0x2000);
    assertThat(new HeapMapping(0x4000, 0x8000).writable(maps)).hasValue(0);
  }

  @Test
  @DisplayName("of G1 is this JVM's, and holds no less than what is committed")
  void ofThisJvm() {
    try (JvmFlags flags = new JvmFlags()) {
      assumeTrue(flags.isOn("UseG1GC"), "G1");
    }
    HeapMapping mapping = HeapMapping.find().orElseThrow();
    assertThat(mapping.writable().orElseThrow())
        .isBetween(
            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
            mapping.end() - mapping.start());
  }
}
