/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.criu.testing.Image;
import dev.cracadapters.criu.testing.JvmCommand;
import dev.cracadapters.criu.testing.RunningProcess;
import dev.cracadapters.criu.testing.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** What the tests do with {@link OpenService}: one in a folder, with its policies and its image. */
final class OpenServices {

  private static final AtomicInteger QUESTIONS = new AtomicInteger();

  private final Path folder;

  OpenServices(Path folder) {
    this.folder = folder;
  }

  /** Writes the policies file. */
  OpenServices policies(String text) throws IOException {
    Files.writeString(policiesFile(), text);
    return this;
  }

  Path policiesFile() {
    return folder.resolve("policies.yaml");
  }

  /** Starts a service, which is given its commands as it is started. */
  RunningProcess start(String name, String... options) throws Exception {
    return start(name, System.getenv("PATH"), options);
  }

  /** Starts a service that finds its commands in a PATH. */
  RunningProcess start(String name, String path, String[] options) throws Exception {
    JvmCommand command =
        JvmCommand.ofMainClass(OpenService.class.getName())
            .without("logback")
            .options("-Xmx128m", "-XX:+UseSerialGC")
            .property("jdk.crac.resource-policies", policiesFile())
            .property("crac.criu.trim", "false")
            .options(options)
            .image(image().folder())
            .environment("PATH", path);
    RunningProcess service = command.start(folder, name);
    service.awaitLine("ready");
    return service;
  }

  Image image() {
    return new Image(folder.resolve("image"));
  }

  /** What a command is answered. */
  static String ask(RunningProcess service, String command, String name, String argument)
      throws Exception {
    String question = "question" + QUESTIONS.incrementAndGet();
    String answer =
        Services.ask(
            service, question + " " + command + " " + name + " " + argument, question + ": ");
    return answer.substring(answer.indexOf(": ") + 2);
  }

  /** Opens something, which succeeds. */
  static void open(RunningProcess service, String kind, String name, Object argument)
      throws Exception {
    assertThat(ask(service, kind, name, argument.toString())).isEqualTo("done");
  }

  /** Takes the checkpoint of a service, which ends with it. */
  static void checkpoint(RunningProcess service) throws Exception {
    service.send("checkpoint");
    String refusal;
    try {
      refusal = service.awaitLine("refused");
    } catch (AssertionError e) {
      assertThat(service.awaitExit()).as(service.told()).isEqualTo(137);
      return;
    }
    throw new AssertionError(refusal);
  }

  /** Restores the image, and waits until it says so. */
  RunningProcess restored(String name, String... options) throws Exception {
    RunningProcess service = image().restore(options).start(folder, name);
    try {
      service.awaitLine("restored");
      return service;
    } catch (AssertionError e) {
      service.close();
      throw e;
    }
  }

  /** What is said when a checkpoint is refused. */
  static String refusal(RunningProcess service) throws Exception {
    service.send("checkpoint");
    return service.awaitLine("refused");
  }

  static void end(RunningProcess service) throws Exception {
    Services.end(service);
  }
}
