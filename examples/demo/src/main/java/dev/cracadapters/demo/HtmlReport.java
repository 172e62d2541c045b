/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.demo;

import dev.cracadapters.demo.DemoReport.Check;
import dev.cracadapters.demo.DemoReport.Restore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The report as one page: no script, nothing from elsewhere, readable on light and on dark. */
final class HtmlReport {

  private static final String HEAD =
      """
      <!DOCTYPE html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>CRaC Adapters: demo</title>
      <style>
        :root { color-scheme: light dark; --soft: #59636e; --line: #d1d9e0;
          --script: #bf8700; --criu: #0969da; --walk: #1a7f37; --answer: #8250df }
        @media (prefers-color-scheme: dark) { :root { --soft: #9198a1; --line: #3d444d;
          --script: #d29922; --criu: #4493f8; --walk: #3fb950; --answer: #ab7df8 } }
        body { font: 15px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
        table { border-collapse: collapse; width: 100% }
        td, th { border-bottom: 1px solid var(--line); padding: .25em .8em .25em 0; text-align: left; vertical-align: top }
        .soft { color: var(--soft) }
        .wrong { font-weight: bold; color: #cf222e }
        .bar { display: flex; height: 1.2em; margin: .2em 0 }
        .script { background: var(--script) } .criu { background: var(--criu) }
        .walk { background: var(--walk) } .answer { background: var(--answer) }
        .key { display: inline-block; width: .9em; height: .9em; margin: 0 .3em 0 1em }
      </style>
      """;

  /** The names of the classes above, in the order of the parts. */
  private static final List<String> STYLES = List.of("script", "criu", "walk", "answer");

  private final StringBuilder page = new StringBuilder(HEAD);
  private final DemoReport report;

  private HtmlReport(DemoReport report) {
    this.report = report;
  }

  static void write(DemoReport report, Path file) {
    try {
      Files.writeString(file, page(report));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String page(DemoReport report) {
    HtmlReport html = new HtmlReport(report);
    html.times();
    html.bars();
    html.checks();
    return html.page.append("</html>\n").toString();
  }

  private void times() {
    page.append("<h1>%s</h1>%n".formatted(report.allOk() ? "Every check is ok" : "A check failed"));
    page.append("<h2>Time to the first HTTP 200 that read the database</h2>\n<table>\n");
    row("cold start", report.coldStartMillis + " ms", "");
    for (Restore restore : report.restores()) {
      String ratio =
          report.coldStartMillis > 0 && restore.firstOkMillis() > 0
              ? String.format(
                  Locale.ROOT,
                  "%.1f times as fast",
                  (double) report.coldStartMillis / restore.firstOkMillis())
              : "";
      row(report.name(restore), restore.firstOkMillis() + " ms", ratio);
    }
    if (report.imageBytes >= 0) {
      row("image", report.imageBytes / 1_000_000 + " MB", "");
    }
    page.append("</table>\n");
  }

  private void bars() {
    List<Restore> restores =
        report.restores().stream().filter(restore -> restore.parts() != null).toList();
    if (restores.isEmpty()) {
      return;
    }
    page.append("<h2>Where the time of a restore went</h2>\n<p>");
    List<String> names = List.copyOf(restores.get(0).parts().byName().keySet());
    for (int i = 0; i < names.size(); i++) {
      page.append("<span class=\"key %s\"></span>%s".formatted(STYLES.get(i), names.get(i)));
    }
    page.append("</p>\n");
    for (Restore restore : restores) {
      RestoreParts parts = restore.parts();
      page.append("<div>%s <span class=\"soft\">".formatted(escaped(report.name(restore))));
      page.append(
          "%d ms: %s</span></div>%n".formatted(restore.firstOkMillis(), RestoreBar.words(parts)));
      page.append("<div class=\"bar\">");
      int style = 0;
      for (Map.Entry<String, Double> part : parts.byName().entrySet()) {
        page.append(
            String.format(
                Locale.ROOT,
                "<div class=\"%s\" style=\"width:%.2f%%\" title=\"%s %.1f ms\"></div>",
                STYLES.get(style++),
                100 * part.getValue() / report.longest(),
                part.getKey(),
                part.getValue()));
      }
      page.append("</div>\n");
    }
  }

  private void checks() {
    page.append("<h2>Checks</h2>\n<table>\n");
    for (Check check : report.checks()) {
      row(
          check.ok() ? "ok" : "<span class=\"wrong\">FAIL</span>",
          escaped(check.name()),
          "<span class=\"soft\">" + escaped(check.detail()) + "</span>");
    }
    page.append("</table>\n");
  }

  private void row(String... cells) {
    page.append("<tr>");
    for (String cell : cells) {
      page.append("<td>").append(cell).append("</td>");
    }
    page.append("</tr>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
