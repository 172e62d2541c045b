/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.testing;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;

/** Configures a context as a user does. */
public final class Xml {

  private Xml() {}

  /** A configuration of which all but the root element is given. */
  public static void configure(LoggerContext context, String content) throws JoranException {
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(
        new ByteArrayInputStream(
            ("<configuration>" + content + "</configuration>").getBytes(StandardCharsets.UTF_8)));
  }

  /** An appender that writes messages alone, attached to the root logger. */
  public static String appender(String name, String type, String settings) {
    return """
        <appender name="%1$s" class="%2$s">
          %3$s
          <encoder><pattern>%%msg%%n</pattern></encoder>
        </appender>
        <root level="DEBUG"><appender-ref ref="%1$s"/></root>
        """
        .formatted(name, type, settings);
  }

  public static String file(String name, Object path) {
    return appender(name, "ch.qos.logback.core.FileAppender", "<file>" + path + "</file>");
  }
}
