/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The label of an image")
class ImageLabelTest {

  private static final String V2 = "sse2 pni cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3";
  private static final String V3 = V2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
  private static final String V4 = V3 + " avx512f avx512bw avx512cd avx512dq avx512vl";

  @ParameterizedTest
  @CsvSource({
    "amd64, " + V4 + ", x86-64-v4",
    "amd64, " + V3 + " avx512f, x86-64-v3",
    "amd64, " + V2 + " avx, x86-64-v2",
    "amd64, sse2, x86-64",
    "aarch64, fp asimd, aarch64"
  })
  @DisplayName("has the highest level of the CPU")
  void level(String architecture, String features, String expected) throws Exception {
    assertThat(ImageLabel.of(architecture, features)).isEqualTo(expected);
  }

  @Test
  @DisplayName("completes the name of a folder that ends with its sign")
  void folder() throws Exception {
    String label = ImageLabel.ofThisJvm();
    assertThat(label).startsWith(Runtime.version().feature() + "-");
    assertThat(ImageLabel.complete(Path.of("/images/app@")))
        .isEqualTo(Path.of("/images/app@" + label));
    assertThat(ImageLabel.complete(Path.of("/images/app"))).isEqualTo(Path.of("/images/app"));
    assertThat(ImageLabel.complete(Path.of("/"))).isEqualTo(Path.of("/"));
  }
}
