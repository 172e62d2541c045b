/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.memory.JvmFlags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a JVM and its C library are kept to, so that an image fits every CPU of that level: {@code
 * x86-64-v2} or {@code x86-64-v3} of the x86-64 psABI, with {@code +aes} (AES and PCLMULQDQ) and
 * {@code +sha} where that may be used as well.
 *
 * <p>HotSpot uses what it finds, but for what its flags take away, and there is no flag for each.
 * C2 rotates by BMI2's RORX wherever there is one, even with {@code -XX:-UseBMI2Instructions}: a
 * JVM of {@code x86-64-v2} compiles by C1 alone. Of AVX-512 HotSpot would use more than {@code
 * x86-64-v4} has: a JVM of that level is kept to {@code x86-64-v3}. SERIALIZE it uses wherever it
 * finds it, so that an image from such a CPU needs it.
 *
 * <p>The C library is kept from XSAVE, and so from all that needs it: it reckons the size of the
 * registers that it saves once, and another CPU may have more of them.
 */
public record CpuLevel(String name, Set<String> features, Map<String, String> jvmFlags) {

  /** The system property by which a JVM knows its level. */
  public static final String PROPERTY = "crac.cpu";

  /** The C library's variable. */
  public static final String TUNABLES = "GLIBC_TUNABLES";

  private static final String HWCAPS = "glibc.cpu.hwcaps=";
  private static final String V2 = "x86-64-v2";
  private static final String V3 = "x86-64-v3";
  private static final String V4 = "x86-64-v4";
  private static final String KNOWN = "x86-64-v2, x86-64-v3 or x86-64-v4, with +aes or +sha";
  private static final String DISABLE = "DisableIntrinsic";
  private static final String FALSE = "false";

  /** Those of a level, in the words of {@code /proc/cpuinfo}. */
  private static final String FEATURES_2 = "pni cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";

  private static final String FEATURES_3 =
      FEATURES_2 + " abm avx avx2 bmi1 bmi2 f16c fma movbe xsave";

  /** The first JDK that has these: an older one does not start where they are named. */
  private static final int NEWER_INTRINSICS = 21;

  /** With GFNI, for which there is no flag. */
  private static final String REVERSE = "_reverse_i,_reverse_l";

  private static final String FLOAT16 = "_float16ToFloat,_floatToFloat16";

  /** The level of a name such as {@code x86-64-v3+aes}. */
  public static CpuLevel of(String name) throws RefusedException {
    List<String> parts = Arrays.asList(name.split("\\+", -1));
    Set<String> extras = new TreeSet<>(parts.subList(1, parts.size()));
    boolean second = parts.get(0).equals(V2);
    if (!second && !parts.get(0).equals(V3) && !parts.get(0).equals(V4)
        || !Set.of("aes", "sha").containsAll(extras)) {
      throw new RefusedException("CPU level " + name, "it is not known", "Name " + KNOWN);
    }
    Set<String> features =
        new TreeSet<>(Arrays.asList((second ? FEATURES_2 : FEATURES_3).split(" ")));
    Map<String, String> flags = new LinkedHashMap<>();
    flags.put("UseAVX", second ? "0" : "2");
    if (extras.contains("aes")) {
      features.addAll(List.of("aes", "pclmulqdq"));
    } else {
      off(flags, "UseAES UseCLMUL UseCRC32CIntrinsics");
    }
    if (extras.contains("sha")) {
      features.add("sha_ni");
    } else {
      off(flags, "UseSHA");
    }
    if (second) {
      off(flags, "UseFMA UseBMI1Instructions UseBMI2Instructions");
      off(flags, "UseCountLeadingZerosInstruction UseCountTrailingZerosInstruction");
      flags.put("TieredStopAtLevel", "1");
    } else {
      // With ADX, and with AVX-IFMA and SHA512, for which there are no flags.
      off(flags, "UseMultiplyToLenIntrinsic UseSquareToLenIntrinsic");
      off(flags, "UsePoly1305Intrinsics UseIntPolyIntrinsics UseSHA512Intrinsics");
    }
    flags.put("X86ICacheSync", "1");
    flags.put(DISABLE, second ? REVERSE + "," + FLOAT16 : REVERSE);
    String plus = extras.isEmpty() ? "" : "+" + String.join("+", extras);
    return new CpuLevel((second ? V2 : V3) + plus, features, flags);
  }

  private static void off(Map<String, String> flags, String names) {
    for (String name : names.split(" ")) {
      flags.put(name, FALSE);
    }
  }

  /** What a user of the name should know of it; empty where it is what it says. */
  public static Optional<String> note(String name) {
    if (name.startsWith(V4)) {
      return Optional.of(
          "of AVX-512 HotSpot uses all that it finds, which may be more than x86-64-v4 has: it is"
              + " kept to x86-64-v3, and so is what the image needs");
    }
    return name.startsWith(V2)
        ? Optional.of(
            "C2 uses BMI2, which is not in x86-64-v2, wherever it finds it: this JVM compiles by C1"
                + " alone (-XX:TieredStopAtLevel=1). x86-64-v3 has C2")
        : Optional.empty();
  }

  /**
   * Of this JVM, if it has one.
   *
   * @throws RefusedException if it is unknown, or the JVM or its C library may use more
   */
  public static Optional<CpuLevel> ofThisJvm() throws RefusedException {
    String name = System.getProperty(PROPERTY);
    if (name == null) {
      return Optional.empty();
    }
    CpuLevel level = of(name);
    try (JvmFlags flags = new JvmFlags()) {
      level.check(flags::value, System.getenv(TUNABLES));
    }
    return Optional.of(level);
  }

  void check(Function<String, Optional<String>> flags, @Nullable String tunables)
      throws RefusedException {
    List<String> more = new ArrayList<>();
    jvmFlags.forEach(
        (flag, wanted) -> {
          String value = flags.apply(flag).orElse(wanted);
          if (!value.equals(wanted) && !flag.equals(DISABLE)) {
            more.add("-XX:" + flag + " is " + value);
          }
        });
    if (tunables == null || !List.of(tunables.split(":")).contains(hwcaps())) {
      more.add(TUNABLES + " is " + (tunables == null ? "not set" : tunables));
    }
    if (!more.isEmpty()) {
      throw new RefusedException(
          "CPU level " + name,
          "this JVM may use more: " + String.join(", ", more),
          "Start it by crac-criu run --cpu " + name + ", or without -D" + PROPERTY);
    }
  }

  /**
   * The options that keep a JVM to it, beside the property.
   *
   * @param known the flags that the JVM has
   * @param jdk its version, such as 17
   */
  public List<String> jvmOptions(Set<String> known, int jdk) {
    List<String> options = new ArrayList<>();
    options.add("-XX:+UnlockDiagnosticVMOptions");
    jvmFlags.forEach(
        (flag, value) -> {
          if (known.contains(flag) && (!flag.equals(DISABLE) || jdk >= NEWER_INTRINSICS)) {
            options.add(value.equals(FALSE) ? "-XX:-" + flag : "-XX:" + flag + "=" + value);
          }
        });
    return options;
  }

  /** The value of {@link #TUNABLES} that keeps the C library to it, with what was in it before. */
  public String tunables(@Nullable String before) {
    List<String> values = new ArrayList<>();
    if (before != null && !before.isEmpty()) {
      for (String one : before.split(":")) {
        if (!one.startsWith(HWCAPS)) {
          values.add(one);
        }
      }
    }
    values.add(hwcaps());
    return String.join(":", values);
  }

  private String hwcaps() {
    return HWCAPS
        + "-XSAVE,-XSAVEC,-ERMS,-RTM"
        + (name.startsWith(V2) ? ",-BMI1,-BMI2,-LZCNT,-MOVBE" : "");
  }

  /** What an image needs: the level's features, and those that nobody can keep a JVM from. */
  String needed(String usable) {
    Set<String> needed = new TreeSet<>(features);
    if ((" " + usable + " ").contains(" serialize ")) {
      needed.add("serialize");
    }
    return String.join(" ", needed);
  }
}
