/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.logging;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.LoggerContext;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.spring.fixture.Contexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * An application with configuration files of its own in a folder, and its restores by the pause
 * engine with a go file.
 */
final class RestoredService implements AutoCloseable {

  /** What happens while the process is in its image. */
  interface Between {
    void run() throws Exception;
  }

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  private final Path folder;
  private final ConfigurableApplicationContext context;

  RestoredService(Path folder, String... arguments) throws IOException {
    this.folder = folder;
    Path properties = folder.resolve("application.properties");
    if (!Files.exists(properties)) {
      Files.createFile(properties);
    }
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--spring.config.location=" + properties.toUri());
    all.add("--logging.threshold.console=OFF"); // a test logs a million events
    all.add("--spring.crac.enabled=true");
    all.add("--spring.crac.pause.mode=external");
    all.add("--spring.crac.pause.ready-file=" + folder.resolve("ready"));
    all.add("--spring.crac.pause.go-file=" + folder.resolve("go"));
    all.add("--spring.crac.pause.signal=none");
    all.add("--spring.crac.pause.hold-threads=false"); // those of the test
    all.add("--spring.crac.pause.timeout=40s");
    context = Contexts.startPlain(Nothing.class, all.toArray(String[]::new));
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  void configure(String... properties) throws IOException {
    Files.write(folder.resolve("application.properties"), List.of(properties));
  }

  /** Lines as in a go file: {@code NAME=VALUE}, {@code CRAC_ARGUMENT=…}. */
  void restore(String... given) throws Exception {
    restore(() -> {}, given);
  }

  void restore(Between between, String... given) throws Exception {
    Path ready = folder.resolve("ready");
    FutureTask<CheckpointReport> walk =
        new FutureTask<>(() -> CheckpointCoordinator.global().checkpoint());
    new Thread(walk, "checkpoint").start();
    await().atMost(Duration.ofSeconds(20)).until(() -> walk.isDone() || Files.exists(ready));
    if (!walk.isDone()) {
      between.run();
      String text = "CRAC_INSTANCE_ID=clone\n" + String.join("\n", given) + "\n";
      Path whole = Files.writeString(folder.resolve("whole"), text);
      Files.move(whole, folder.resolve("go"), StandardCopyOption.ATOMIC_MOVE);
    }
    walk.get(30, TimeUnit.SECONDS);
  }

  static Logger logger(String name) {
    return LoggerFactory.getLogger(name);
  }

  /** The level that was set for a logger; "null" for none. */
  static String level(String logger) {
    LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
    return String.valueOf(loggers.getLogger(logger).getLevel());
  }

  String text(String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  @Override
  public void close() {
    context.close();
  }
}
