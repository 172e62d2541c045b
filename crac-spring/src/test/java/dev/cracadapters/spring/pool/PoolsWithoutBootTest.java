/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.spring.fixture.IsolatedLoader;
import dev.cracadapters.spring.fixture.Postgres;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PoolsWithoutBootTest {

  @Test
  @DisplayName("Without Spring Boot a pool is drained, and a PoolAtRestore configures it")
  void withoutBoot() throws Exception {
    Postgres postgres = Postgres.shared();
    postgres.createUser("user_of_pool", "none");
    postgres.execute("alter user user_of_pool superuser");
    System.setProperty(PoolsWithoutBoot.URL, postgres.url("pool") + "&password=none");
    try {
      assertThat(
              IsolatedLoader.call(
                  "dev.cracadapters.spring.pool.PoolsWithoutBoot", "spring-boot", "crac-logback"))
          .containsExactly("postgres", "user_of_pool");
    } finally {
      System.clearProperty(PoolsWithoutBoot.URL);
    }
  }
}
