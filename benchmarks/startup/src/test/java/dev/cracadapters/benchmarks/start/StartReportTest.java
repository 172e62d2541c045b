/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.benchmarks.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

@DisplayName("The benchmark of the start")
class StartReportTest {

  private static Measured measured(String name, boolean isOurs, double... millis) {
    Measured measured = new Measured(name, isOurs, isOurs ? 195_000_000 : -1);
    for (double each : millis) {
      measured.warm(each, 300);
    }
    return measured;
  }

  @Test
  @DisplayName("has in a row the median, its spread, the cold one, the requests, image and memory")
  void row() {
    Measured ours = measured("ours", true, 300, 100, 200);
    ours.cold(500);
    ours.load(IntStream.range(0, 1000).mapToDouble(i -> i / 10.0).toArray());
    assertThat(ours.cells())
        .containsExactly(
            "ours", "200 (150–250), 100–300", "500 (500–500)", "50.0 / 99.0", "195", "300");
    assertThat(measured("java -jar", false, 5000).cells())
        .containsExactly("java -jar", "5000 (5000–5000), 5000–5000", "", "", "", "300");
  }

  @Test
  @DisplayName("compares round by round")
  void pairs() {
    assertThat(measured("a", true, 20, 60, 40).pairs(measured("b", true, 10, 20, 20)).median())
        .isEqualTo(2);
  }

  @Test
  @DisplayName("draws a bar as long as each median, by the longest, and its quartiles and cold one")
  void chart() throws Exception {
    Measured ours = measured("ours <17>", true, 300, 100, 200);
    ours.cold(440);
    Chart chart = new Chart();
    chart.panel("orders & more", List.of(measured("java -jar", false, 4400), ours));
    chart.note("medians");
    String svg = chart.svg();

    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    NodeList bars = document.getElementsByTagName("rect");
    assertThat(bars.getLength()).isEqualTo(2);
    assertThat(((Element) bars.item(0)).getAttribute("width")).isEqualTo("440.0");
    assertThat(((Element) bars.item(1)).getAttribute("width")).isEqualTo("20.0");
    assertThat(((Element) bars.item(1)).getAttribute("class")).isEqualTo("ours");
    Element quartiles = (Element) document.getElementsByTagName("line").item(1);
    assertThat(quartiles.getAttribute("x1")).isEqualTo("285.0");
    assertThat(quartiles.getAttribute("x2")).isEqualTo("295.0");
    Element cold = (Element) document.getElementsByTagName("circle").item(0);
    assertThat(cold.getAttribute("cx")).isEqualTo("314.0");
    assertThat(document.getDocumentElement().getTextContent())
        .contains("orders & more", "ours <17>", "4,400 ms", "200 ms, cold 440", "medians");
    assertThat(svg).contains("prefers-color-scheme: dark").doesNotContain("<script");
  }

  @Test
  @DisplayName("says in short what each service took in each way, and how many times ours that is")
  void inShort() throws Exception {
    StartReport report = new StartReport(StartOptions.of());
    for (String name : List.of("orders", "clinic")) {
      report.service(
          new Subject(name, "", Path.of(""), Path.of(""), Map.of(), "", 0, "", null, () -> {}),
          List.of(measured("java -jar", false, 5000), measured("ours", true, 250)));
    }
    assertThat(report.inShort("On a machine."))
        .contains(
            "| | orders, ms | times as long as ours | clinic, ms | times as long as ours |",
            "| --- | --- | --- | --- | --- |",
            "| java -jar | 5000 | 20.0 | 5000 | 20.0 |",
            "| ours | 250 | 1.0 | 250 | 1.0 |",
            "On a machine.");
  }

  @Test
  @DisplayName("replaces what is between its marks, and nothing else")
  void marked() {
    String text = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n";
    assertThat(Marked.replace(text, "x", "new\n"))
        .isEqualTo("a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n");
    assertThatThrownBy(() -> Marked.replace("nothing", "x", "new"))
        .hasMessage("There is no <!-- x: begin --> with its end");
  }

  @Test
  @DisplayName("reads the proportional set size, and the share of time that was stolen")
  void machine() {
    assertThat(
            Memory.pssMegabytes(
                "00400000-7fff [rollup]\nRss:  900 kB\nPss:  1000 kB\nPss_Dirty: 7 kB\n"))
        .isEqualTo(1.024);
    assertThat(
            Machine.stolen(
                new long[] {0, 0, 0, 100, 0, 0, 0, 10}, new long[] {50, 0, 0, 140, 0, 0, 0, 20}))
        .isEqualTo(10);
  }

  @Test
  @DisplayName("takes its options, and measures no more rounds of a part than of the whole")
  void options() {
    StartOptions options =
        StartOptions.of("--java", "/a,/b", "--rounds", "2", "--cold", "--clones", "0");
    assertThat(options.javaHomes()).containsExactly(Path.of("/a"), Path.of("/b"));
    assertThat(options.rounds()).isEqualTo(2);
    assertThat(options.coldRounds()).isEqualTo(2);
    assertThat(options.loadRounds()).isEqualTo(1);
    assertThat(options.dropCaches()).isTrue();
    assertThat(options.clones()).isZero();
    assertThat(options.services()).containsExactly("orders", "clinic");
    assertThat(options.requests()).isEqualTo(1000);
    assertThatThrownBy(() -> StartOptions.of("--wrong", "1")).hasMessageStartingWith("Usage:");
    assertThatThrownBy(() -> StartOptions.of("--rounds")).hasMessageStartingWith("Usage:");
  }

  @Test
  @DisplayName("is small where it is only to be seen that it works, and then publishes nothing")
  void quick() {
    StartOptions options = StartOptions.of("--quick", "--clones", "3");
    assertThat(options.rounds()).isEqualTo(1);
    assertThat(options.coldRounds()).isEqualTo(1);
    assertThat(options.cloneRounds()).isEqualTo(1);
    assertThat(options.clones()).isEqualTo(3);
    assertThat(options.requests()).isEqualTo(100);
    assertThatThrownBy(() -> StartOptions.of("--quick", "--publish"))
        .hasMessageStartingWith("Usage:");
  }

  @Test
  @DisplayName("compares a large heap with the small one that was read, round by round")
  void heavy() throws Exception {
    StartReport report = new StartReport(StartOptions.of());
    report.heavy(List.of(measured("small", true, 100, 200), measured("large", true, 150, 300)));
    assertThat(report.tables())
        .contains(
            "| small | 150 (125–175), 100–200 | 1.000 (1.000–1.000) | 195 | 300 |",
            "| large | 225 (188–263), 150–300 | 1.500 (1.500–1.500) | 195 | 300 |");
  }

  @Test
  @DisplayName("knows by the last of its mounts whether /run is a tmpfs")
  void runFolder() {
    assertThat(RunFolder.isTmpfs(List.of("/dev/vda / ext4 rw 0 0"))).isFalse();
    assertThat(RunFolder.isTmpfs(List.of("/dev/vda / ext4 rw 0 0", "tmpfs /run tmpfs rw 0 0")))
        .isTrue();
    assertThat(RunFolder.isTmpfs(List.of("tmpfs /run tmpfs rw 0 0", "/dev/vda /run ext4 rw 0 0")))
        .isFalse();
  }
}
