/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cracadapters.core.RefusedException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("A CPU level")
class CpuLevelTest {

  @Test
  @DisplayName("needs what it has, what was added to it, and SERIALIZE where HotSpot found it")
  void needed() throws Exception {
    assertThat(CpuLevel.of("x86-64-v2").needed("avx512f aes"))
        .isEqualTo("cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3");
    assertThat(CpuLevel.of("x86-64-v3+sha").needed("avx512f serialize").split(" "))
        .contains("avx2", "sha_ni", "serialize")
        .doesNotContain("aes", "avx512f");
    assertThat(CpuLevel.of("x86-64-v4")).isEqualTo(CpuLevel.of("x86-64-v3"));
    assertThat(CpuLevel.of("x86-64-v2+sha+aes").name()).isEqualTo("x86-64-v2+aes+sha");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "v2", "x86-64", "x86-64-v1", "x86-64-v5", "x86-64-v2+", "x86-64-v2+avx"})
  @DisplayName("is refused where it is unknown")
  void unknown(String name) {
    assertThatThrownBy(() -> CpuLevel.of(name))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("x86-64-v2, x86-64-v3 or x86-64-v4, with +aes or +sha");
  }

  @Test
  @DisplayName("names only flags that the JVM has, and no intrinsics that it does not know")
  void options() throws Exception {
    CpuLevel level = CpuLevel.of("x86-64-v2");
    Set<String> known = Set.of("UseAVX", "UseAES", "DisableIntrinsic");
    assertThat(level.jvmOptions(known, 17))
        .containsExactly("-XX:+UnlockDiagnosticVMOptions", "-XX:UseAVX=0", "-XX:-UseAES");
    assertThat(level.jvmOptions(known, 25))
        .last()
        .asString()
        .startsWith("-XX:DisableIntrinsic=_reverse_i,");
  }

  @Test
  @DisplayName("keeps the C library's other tunables, and puts its own in the place of older ones")
  void tunables() throws Exception {
    CpuLevel level = CpuLevel.of("x86-64-v3");
    assertThat(level.tunables(null)).isEqualTo("glibc.cpu.hwcaps=-XSAVE,-XSAVEC,-ERMS,-RTM");
    assertThat(level.tunables("glibc.cpu.hwcaps=-AVX2:glibc.malloc.arena_max=1"))
        .isEqualTo("glibc.malloc.arena_max=1:" + level.tunables(""));
  }

  @Test
  @DisplayName("is kept where all flags and the tunables are as it wants them, and not otherwise")
  void check() throws Exception {
    CpuLevel level = CpuLevel.of("x86-64-v3");
    Map<String, String> flags = new HashMap<>(level.jvmFlags());
    assertThatCode(
            () -> level.check(flag -> Optional.ofNullable(flags.get(flag)), level.tunables(null)))
        .doesNotThrowAnyException();
    assertThatCode(() -> level.check(flag -> Optional.empty(), level.tunables("a.b.c=1")))
        .doesNotThrowAnyException();
    flags.put("UseAVX", "3");
    assertThatThrownBy(
            () -> level.check(flag -> Optional.ofNullable(flags.get(flag)), level.tunables(null)))
        .hasMessageContaining("this JVM may use more: -XX:UseAVX is 3.");
    assertThatThrownBy(() -> level.check(flag -> Optional.empty(), "glibc.cpu.hwcaps=-AVX"))
        .hasMessageContaining("GLIBC_TUNABLES is glibc.cpu.hwcaps=-AVX");
  }
}
