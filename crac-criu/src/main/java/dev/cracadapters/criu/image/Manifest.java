/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.memory.MemoryLayout;
import dev.cracadapters.criu.policy.CoveredFiles;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Writes {@code manifest.json}: for people and tools, what an image is and what it needs. */
public final class Manifest {

  private Manifest() {}

  /**
   * Writes all that is known before the dump; the dump script adds the files and closes the object.
   */
  public static void write(
      Path file,
      Machine machine,
      CriuCommand criu,
      CheckpointRequest request,
      NeededFiles needed,
      List<String> streams)
      throws IOException, RefusedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes, JsonEncoding.UTF8)) {
      json.setPrettyPrinter(printer);
      json.writeStartObject();
      json.writeNumberField("format", 1);
      json.writeStringField("time", Instant.now().toString());
      json.writeNumberField("pid", ProcessHandle.current().pid());
      json.writeStringField("jdk", machine.jdk());
      json.writeStringField("javaHome", machine.javaHome().toString());
      json.writeStringField("architecture", machine.architecture());
      json.writeStringField("cpuFeatures", machine.cpu());
      json.writeStringField("kernel", System.getProperty("os.version"));
      json.writeStringField("criu", criu.version());
      json.writeArrayFieldStart("classPath");
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        Path path = Path.of(entry).toAbsolutePath();
        json.writeStartObject();
        json.writeStringField("path", path.toString());
        json.writeNumberField("bytes", Files.isRegularFile(path) ? Files.size(path) : -1);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("neededFiles");
      for (NeededFiles.NeededFile one : needed.files()) {
        json.writeStartObject();
        json.writeStringField("path", one.path().toString());
        json.writeNumberField("bytes", one.bytes());
        json.writeStringField("modified", Instant.ofEpochSecond(one.seconds()).toString());
        json.writeEndObject();
      }
      json.writeEndArray();
      writeTexts(json, "neededPlaces", needed.places().stream().map(Path::toString).toList());
      writeTexts(
          json, "copiedFiles", needed.temporary().copied().stream().map(Path::toString).toList());
      writeTexts(json, "resources", request.resources());
      writeTexts(json, "descriptors", request.descriptors());
      writeTexts(json, "policyFiles", new CoveredFiles(request.covered()).describe());
      writeTexts(json, "standardStreams", streams);
      MemoryLayout.current().write(json);
      json.writeEndObject();
    }
    String whole = bytes.toString(StandardCharsets.UTF_8);
    Files.writeString(file, whole.substring(0, whole.lastIndexOf('}')).stripTrailing());
  }

  private static void writeTexts(JsonGenerator json, String name, Iterable<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }
}
