/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import org.eclipse.jetty.server.ServerConnector;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/** Plain HTTP on a port of its own, beside the HTTPS connector of {@code server.port}. */
@Component
class HttpConnector implements WebServerFactoryCustomizer<JettyServletWebServerFactory> {

  private final int port;

  HttpConnector(OrdersProperties properties) {
    this.port = properties.http().port();
  }

  @Override
  public void customize(JettyServletWebServerFactory factory) {
    factory.addServerCustomizers(
        server -> {
          ServerConnector http = new ServerConnector(server);
          http.setName("http");
          http.setPort(port);
          server.addConnector(http);
        });
  }
}
