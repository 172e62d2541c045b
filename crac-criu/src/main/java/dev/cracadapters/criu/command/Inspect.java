/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.criu.command.Region.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
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

  @Parameters(paramLabel = "IMAGE", description = "the image folder")
  private Path image;

  @Option(names = "--json", description = "as JSON, with the manifest and each region of memory")
  private boolean json;

  @Spec private CommandSpec spec;

  Inspect() {}

  @Override
  public Integer call() throws RefusedException, IOException {
    ImageSummary summary = ImageSummary.of(image.toAbsolutePath().normalize());
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? json(summary) : describe(summary));
    out.flush();
    return 0;
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
    }
    amount(text, "CRIU's own", whole - memory, whole);
    amount(text, "all", whole, whole);
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String value) {
    text.append("%-12s %s%n".formatted(name, value));
  }

  private static String join(List<?> values) {
    return values.isEmpty()
        ? "none"
        : String.join(", ", values.stream().map(String::valueOf).toList());
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
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      json.writeStringField("image", summary.folder().toString());
      json.writeNumberField("imageBytes", summary.imageBytes());
      json.writeObjectFieldStart("memoryBytes");
      for (Map.Entry<Kind, Long> one : summary.bytes().entrySet()) {
        json.writeNumberField(one.getKey().key(), one.getValue());
      }
      json.writeEndObject();
      json.writeArrayFieldStart("regions");
      for (Region region : summary.regions()) {
        json.writeStartObject();
        json.writeStringField("kind", region.kind().key());
        json.writeStringField("start", Long.toHexString(region.start()));
        json.writeStringField("end", Long.toHexString(region.end()));
        json.writeNumberField("bytes", region.bytes());
        if (!region.name().isEmpty()) {
          json.writeStringField("file", region.name());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeFieldName("manifest");
      write(json, summary.manifest());
      json.writeEndObject();
    }
    return text + System.lineSeparator();
  }

  private static void write(JsonGenerator json, Object value) throws IOException {
    if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> one : map.entrySet()) {
        json.writeFieldName(String.valueOf(one.getKey()));
        write(json, one.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof List<?> list) {
      json.writeStartArray();
      for (Object one : list) {
        write(json, one);
      }
      json.writeEndArray();
    } else if (value instanceof Long number) {
      json.writeNumber(number);
    } else if (value == null) {
      json.writeNull();
    } else {
      json.writeString(value.toString());
    }
  }
}
