/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.cracadapters.core.engine.CheckpointRequest;
import dev.cracadapters.criu.installation.CriuCommand;
import dev.cracadapters.criu.testing.Services;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("The manifest")
class ManifestTest {

  @TempDir Path folder;

  @Test
  @DisplayName(
      "is JSON whatever the resources and descriptors are called, once the dump script has closed"
          + " it")
  void json() throws Exception {
    List<String> names = List.of("a \"pool\"", "back\\slash", "line\nbreak", "ümlaut €", "}");
    CriuCommand criu =
        CriuCommand.find(
            Services.script(folder.resolve("criu"), "#!/bin/sh", "echo 'Version: 4.\"1\"'")
                .toString());
    Machine machine =
        new Machine(Path.of("/jdk \"17\""), "JDK 17 of \"us\"", "x86_64", "fpu", "6.18");
    Path head = folder.resolve("manifest.head");
    Path jar = Files.writeString(folder.resolve("a \"jar\""), "four");
    NeededFiles needed =
        new NeededFiles(
            List.of(NeededFiles.NeededFile.of(jar)),
            List.of(folder),
            List.of(),
            new TemporaryFiles(null, new TreeSet<>(), List.of(jar), List.of()),
            SharedFolders.above(List.of(jar)),
            new SystemCaches(List.of(), List.of()));
    Manifest.write(
        head,
        machine,
        criu,
        new CheckpointRequest(folder, names, names, List.of(), 0, false),
        needed,
        names);

    Path whole = folder.resolve("manifest.json");
    Files.writeString(whole, Files.readString(head) + ",\n  \"imageBytes\": 3\n}\n");
    assertThat(texts(whole, "resources")).isEqualTo(names);
    assertThat(texts(whole, "descriptors")).isEqualTo(names);
    assertThat(texts(whole, "standardStreams")).isEqualTo(names);
    assertThat(texts(whole, "jdk")).isEqualTo(List.of("JDK 17 of \"us\""));
    assertThat(texts(whole, "javaHome")).isEqualTo(List.of("/jdk \"17\""));
    assertThat(texts(whole, "criu")).isEqualTo(List.of("4.\"1\""));
    assertThat(texts(whole, "imageBytes")).isEqualTo(List.of("3"));
    assertThat(texts(whole, "neededFiles"))
        .isEqualTo(
            List.of(
                jar.toString(),
                "4",
                Files.getLastModifiedTime(jar).toInstant().truncatedTo(ChronoUnit.SECONDS) + ""));
    assertThat(texts(whole, "neededPlaces")).isEqualTo(List.of(folder.toString()));
    assertThat(texts(whole, "copiedFiles")).isEqualTo(List.of(jar.toString()));
    assertThat(texts(whole, "pid"))
        .isEqualTo(List.of(Long.toString(ProcessHandle.current().pid())));
  }

  /** The values of a field of the outermost object. */
  private static List<String> texts(Path file, String field) throws Exception {
    List<String> texts = new ArrayList<>();
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token.isScalarValue()
            && json.getParsingContext()
                .pathAsPointer()
                .toString()
                .matches("/" + field + "(/.*)?")) {
          texts.add(json.getText());
        }
      }
    }
    return texts;
  }
}
