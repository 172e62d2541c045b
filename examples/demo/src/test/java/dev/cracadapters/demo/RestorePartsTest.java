/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cracadapters.demo.DemoReport.Restore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The parts of a restore")
class RestorePartsTest {

  private static final RestoreParts PARTS = RestoreParts.of(320, 20, 180, 310);

  @Test
  @DisplayName("are what lies between the moments that were seen")
  void parts() {
    assertThat(PARTS).isEqualTo(new RestoreParts(20, 160, 130, 10));
  }

  @ParameterizedTest
  @CsvSource({
    "20, 180, 310", // as it should be
    "-1, 180, 310", // nobody saw CRIU
    "20, 180, 330", // the first answer came before all was back
    "200, 180, 190", // clocks that do not agree
    "400, 500, 600"
  })
  @DisplayName("add up to the whole, and none is less than nothing")
  void addUp(double criuAt, double walkAt, double upAt) {
    RestoreParts parts = RestoreParts.of(320, criuAt, walkAt, upAt);
    assertThat(parts.whole()).isCloseTo(320, within(1e-9));
    assertThat(parts.byName().values()).allSatisfy(part -> assertThat(part).isNotNegative());
  }

  @Test
  @DisplayName("are a letter for each fiftieth of the longest, and their milliseconds")
  void bar() {
    assertThat(RestoreBar.line(PARTS, 320))
        .isEqualTo(
            "sss"
                + "C".repeat(25)
                + "w".repeat(20)
                + "ff"
                + " script 20, CRIU 160, walk 130, first answer 10");
    assertThat(RestoreBar.line(PARTS, 640))
        .startsWith("ss" + "C".repeat(12) + "w".repeat(10) + "f" + " ".repeat(26));
  }

  @Test
  @DisplayName("are in the table and, as bars of their lengths, in the page")
  void report() {
    DemoReport report = new DemoReport("criu");
    report.coldStartMillis = 3200;
    report.restored(new Restore(0, 320, "token", 1, PARTS));
    report.restored(new Restore(1, 640, "other", 1, RestoreParts.of(640, 64, 320, 640)));
    report.checkParts("restored", new RestoreTimes(320, 20, 180, 310));
    report.check("a name with <b>", false, "1 < 2 & 3");

    assertThat(report.table())
        .containsSubsequence(
            "criu restore", "ssCCC", "clone 1", "script 64, CRIU 256, walk 320, first answer 0");
    assertThat(HtmlReport.page(report))
        .contains("<td>criu restore</td><td>320 ms</td><td>10.0 times as fast</td>")
        .contains("<div class=\"criu\" style=\"width:25.00%\" title=\"CRIU 160.0 ms\"></div>")
        .contains("<div class=\"walk\" style=\"width:50.00%\" title=\"walk 320.0 ms\"></div>")
        .contains("<td>a name with &lt;b&gt;</td>", "1 &lt; 2 &amp; 3", "<h1>A check failed</h1>")
        .contains("prefers-color-scheme: dark")
        .doesNotContain("<script", "http://", "https://");
  }

  @ParameterizedTest
  @CsvSource({"20, 180, true", "-1, 180, true", "190, 180, false", "20, 330, false"})
  @DisplayName("fail the demo where they were seen in an order that cannot be")
  void check(double criuAt, double walkAt, boolean ok) {
    DemoReport report = new DemoReport("criu");
    report.checkParts("restored", new RestoreTimes(320, criuAt, walkAt, 310));
    assertThat(report.allOk()).isEqualTo(ok);
  }

  @Test
  @DisplayName("begin with CRIU's own command, and with none on the way to it")
  void criu() {
    assertThat(CriuWatch.isCriu("/usr/sbin/criu", "restore", "--images-dir", "/i")).isTrue();
    assertThat(CriuWatch.isCriu("/bin/sh", "/opt/criu", "restore", "--images-dir", "/i")).isTrue();
    assertThat(CriuWatch.isCriu("unshare", "--mount", "/opt/criu", "restore", "--images-dir", "/i"))
        .isFalse();
    assertThat(CriuWatch.isCriu("/bin/sh", "-c", "…", "/opt/criu", "restore", "--images-dir", "/i"))
        .isFalse();
    assertThat(CriuWatch.isCriu("/bin/sh", "/image/restore")).isFalse();
    assertThat(CriuWatch.isCriu("")).isFalse();
  }
}
