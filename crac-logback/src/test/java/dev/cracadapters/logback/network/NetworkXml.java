/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.network;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** Configurations as users write them. */
final class NetworkXml {

  private NetworkXml() {}

  /** Configures a context with one appender, named NET, and maybe others around it. */
  static void configure(LoggerContext context, String appenders, String root)
      throws JoranException {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    String xml =
        "<configuration>%s<root level='DEBUG'><appender-ref ref='%s'/></root></configuration>"
            .formatted(appenders, root);
    configurator.doConfigure(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  static String appender(String name, Class<?> type, String content) {
    return "<appender name='%s' class='%s'>%s</appender>".formatted(name, type.getName(), content);
  }
}
