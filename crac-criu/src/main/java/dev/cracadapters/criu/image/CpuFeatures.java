/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The features of this CPU, by the names of {@code /proc/cpuinfo}. Of an x86 that file lists,
 * beside the instructions that a program can use, what only the kernel uses, what a hypervisor
 * tells, how faults of the CPU are dealt with, and how its power is counted: no image depends on
 * those.
 */
final class CpuFeatures {

  /**
   * The instructions that a program can use, in the kernel's words ({@code
   * arch/x86/include/asm/cpufeatures.h}). Not among them: what every 64-bit x86 has, and hints that
   * do no harm where they are not known (erms, fsrm).
   */
  private static final Set<String> INSTRUCTIONS =
      Set.of(
          ("mmxext rdtscp 3dnow 3dnowext 3dnowprefetch pni pclmulqdq ssse3 fma cx16 sse4_1 sse4_2"
                  + " movbe popcnt aes xsave avx f16c rdrand lahf_lm abm sse4a xop fma4 tbm lwp"
                  + " fsgsbase bmi1 hle avx2 bmi2 rtm mpx rdseed adx clflushopt clwb sha_ni xsaveopt"
                  + " xsavec xgetbv1 clzero rdpru mwaitx avx512f avx512dq avx512ifma avx512pf avx512er"
                  + " avx512cd avx512bw avx512vl avx512vbmi avx512_vbmi2 avx512_vnni avx512_bitalg"
                  + " avx512_vpopcntdq avx512_4vnniw avx512_4fmaps avx512_vp2intersect avx512_bf16"
                  + " avx512_fp16 avx_vnni avx_ifma avx_vnni_int8 avx_vnni_int16 avx_ne_convert"
                  + " cmpccxadd gfni vaes vpclmulqdq rdpid pku ospke waitpkg cldemote movdiri"
                  + " movdir64b enqcmd serialize tsxldtrk ptwrite amx_bf16 amx_tile amx_int8 amx_fp16"
                  + " amx_complex sha512 sm3 sm4 rao_int prefetchi uintr apxf avx10_1 avx10_2")
              .split(" "));

  private CpuFeatures() {}

  /** As {@code /proc/cpuinfo} lists them, in one line; empty where it lists none. */
  static String all() throws IOException {
    return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
        .filter(line -> line.startsWith("flags") || line.startsWith("Features"))
        .map(line -> line.substring(line.indexOf(": ") + 2).strip())
        .findFirst()
        .orElse("");
  }

  /** Those of them that a program can use. On another architecture than x86 these are all. */
  static String usable(String all) {
    return all.contains("sse2")
        ? Arrays.stream(all.split(" "))
            .filter(INSTRUCTIONS::contains)
            .collect(Collectors.joining(" "))
        : all;
  }
}
