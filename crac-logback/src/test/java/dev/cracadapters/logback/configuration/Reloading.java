/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.joran.JoranConfigurator;
import dev.cracadapters.logback.LogbackSettings.OnRestore;
import dev.cracadapters.logback.testing.Logs;
import dev.cracadapters.logback.testing.Restore;
import java.nio.file.Files;
import java.nio.file.Path;

/** A context whose configuration is read again at a restore. */
final class Reloading implements AutoCloseable {

  final Path shared;
  final Logs logs;
  private final Path folder;
  private final Path configuration;

  Reloading(Path folder, OnRestore choice, String xml) throws Exception {
    this.folder = folder;
    configuration = Files.createDirectory(folder.resolve("etc")).resolve("logback.xml");
    shared = Files.createDirectory(folder.resolve("logs"));
    logs = new Logs(shared, Logs.SETTINGS.withOnRestore(choice).withReload(true));
    configure(xml);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(logs.context);
    configurator.doConfigure(configuration.toFile());
  }

  /** The logger that tells of the new configuration is off: what remains is the tests' own. */
  void configure(String xml) throws Exception {
    Files.writeString(
        configuration,
        "<configuration>%s<logger name='dev.cracadapters' level='OFF'/><root level='DEBUG'><appender-ref ref='A'/></root></configuration>"
            .formatted(xml.replace("DIR", shared.toString())));
  }

  /** With the ID "clone", and another configuration. */
  void restore(String xml) throws Exception {
    Restore.of(
        logs.resource,
        folder,
        () -> {
          logs.logger().info("during");
          configure(xml);
        });
  }

  @Override
  public void close() {
    logs.close();
  }
}
