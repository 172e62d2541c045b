/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** What the service adds to Boot's own settings. A port of 0 takes any free one. */
@ConfigurationProperties("orders")
record OrdersProperties(Listener http, Listener line, Duration closeAfter) {

  record Listener(int port) {}
}
