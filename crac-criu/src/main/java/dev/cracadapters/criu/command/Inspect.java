/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.command.Region.Kind;
import dev.cracadapters.criu.image.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what is in an image. */
@Command(
    name = "inspect",
    description = {"Tells what is in an image: of which process, and where its bytes are.", ""},
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:told", "1:this is no image, or it cannot be read", "2:wrong usage"})
final class Inspect implements Callable<Integer> {

  private static final double BYTES_PER_MEGABYTE = 1 << 20;

  /** Far longer than it takes: the pages of memory are not read. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Parameters(paramLabel = "IMAGE", description = "the image folder")
  private Path image;

  @Option(names = "--json", description = "as JSON, with the manifest and each region of memory")
  private boolean json;

  @Spec private CommandSpec spec;

  Inspect() {}

  @Override
  public Integer call() throws RefusedException, IOException, InterruptedException {
    ImageSummary summary =
        TimeLimit.within(
            LIMIT, this::unanswered, () -> ImageSummary.of(image.toAbsolutePath().normalize()));
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? json(summary) : describe(summary));
    out.flush();
    return 0;
  }

  private RefusedException unanswered() {
    return new RefusedException(
        image.toString(),
        "it could not be read within " + LIMIT.toSeconds() + " s",
        "See whether its file system answers, and whether all in it are files");
  }

  private static String describe(ImageSummary summary) {
    StringBuilder text = new StringBuilder();
    line(text, "Image", summary.folder().toString());
    line(text, "Process", "PID " + summary.text("pid") + ", taken " + summary.text("time"));
    line(text, "JDK", summary.text("jdk") + ", " + summary.text("javaHome"));
    line(
        text,
        "Machine",
        "%s, kernel %s, CRIU %s"
            .formatted(summary.text("architecture"), summary.text("kernel"), summary.text("criu")));
    line(text, "CPU", summary.text("cpuLevel", summary.text("cpuFeatures")));
    line(text, "Streams", join(summary.list("standardStreams")));
    line(text, "Class path", summary.list("classPath").size() + " entries");
    line(text, "Resources", join(summary.list("resources")));
    line(text, "Left open", join(summary.list("descriptors")));
    long whole = summary.imageBytes();
    text.append("%n%-16s %12s%n".formatted("Where the bytes are", "MB"));
    long memory = 0;
    for (Map.Entry<Kind, Long> one : summary.bytes().entrySet()) {
      memory += one.getValue();
      amount(text, one.getKey().label(), one.getValue(), whole);
      if (one.getKey() == Kind.NATIVE_HEAP) {
        allocated(text, summary.allocated(), whole);
      }
    }
    amount(text, "CRIU's own", whole - memory, whole);
    amount(text, "all", whole, whole);
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append("%-12s %s%n".formatted(name, PlainText.of(value)));
  }

  private static String join(List<?> values) {
    return values.isEmpty()
        ? "none"
        : String.join(", ", values.stream().map(String::valueOf).toList());
  }

  /** A part of the line above, by the JVM's own counts. */
  private static void allocated(StringBuilder text, Map<String, Long> allocated, long whole) {
    allocated.forEach(
        (name, bytes) ->
            amount(
                text,
                "  " + PlainText.of(name.replaceAll("(?=[A-Z])", " ").toLowerCase(Locale.ROOT)),
                bytes,
                whole));
  }

  private static void amount(StringBuilder text, String name, long bytes, long whole) {
    text.append(
        String.format(
            Locale.ROOT,
            "  %-17s %12.1f %5.1f %%%n",
            name,
            bytes / BYTES_PER_MEGABYTE,
            100.0 * bytes / whole));
  }

  private static String json(ImageSummary summary) throws IOException {
    Map<String, Object> text = new LinkedHashMap<>();
    text.put("image", summary.folder().toString());
    text.put("imageBytes", summary.imageBytes());
    Map<String, Long> bytes = new LinkedHashMap<>();
    summary.bytes().forEach((kind, number) -> bytes.put(kind.key(), number));
    text.put("memoryBytes", bytes);
    text.put("nativeHeapBytes", summary.allocated());
    text.put("regions", summary.regions().stream().map(Inspect::fields).toList());
    text.put("manifest", summary.manifest());
    return Json.text(text) + System.lineSeparator();
  }

  private static Map<String, Object> fields(Region region) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("kind", region.kind().key());
    fields.put("start", Long.toHexString(region.start()));
    fields.put("end", Long.toHexString(region.end()));
    fields.put("bytes", region.bytes());
    if (!region.name().isEmpty()) {
      fields.put("file", region.name());
    }
    return fields;
  }
}
