/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.web;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanWrapper;
import org.springframework.beans.BeanWrapperImpl;
import org.springframework.beans.BeansException;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Reads properties of Spring Boot's embedded web server. By name, because the types that have them
 * are in other packages in Spring Boot 3.5 than in 4.
 */
public final class WebServers {

  private WebServers() {}

  /**
   * A property of a context's web server.
   *
   * @param property {@code server} for the server behind Jetty's, {@code port} for its port
   * @return null when the context has no web server, or it has no such property
   */
  public static @Nullable Object of(ConfigurableApplicationContext context, String property) {
    Object webServer = read(context, "webServer");
    return webServer == null ? null : read(webServer, property);
  }

  private static @Nullable Object read(Object object, String property) {
    BeanWrapper bean = new BeanWrapperImpl(object);
    try {
      return bean.isReadableProperty(property) ? bean.getPropertyValue(property) : null;
    } catch (BeansException e) {
      return null; // a context that has not started its web server says so by an exception
    }
  }
}
