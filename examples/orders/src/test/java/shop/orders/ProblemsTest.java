/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.orders;

import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.jsonPath;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

class ProblemsTest {

  @Test
  @DisplayName("A database that does not answer makes the service unavailable, not broken")
  void absentDatabaseIsUnavailable() throws Exception {
    OrderStore orders = new OrderStore(JdbcClient.create(absentDatabase()));

    MockMvcBuilders.standaloneSetup(new OrderController(orders))
        .setControllerAdvice(new Problems())
        .build()
        .perform(get("/orders/count"))
        .andExpect(status().isServiceUnavailable())
        .andExpect(content().contentType(MediaType.APPLICATION_PROBLEM_JSON))
        .andExpect(jsonPath("$.detail").value("The database is not available"));
  }

  /** A port that was free a moment ago. */
  private static DriverManagerDataSource absentDatabase() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new DriverManagerDataSource(
          "jdbc:postgresql://localhost:" + socket.getLocalPort() + "/orders", "orders", "orders");
    }
  }
}
