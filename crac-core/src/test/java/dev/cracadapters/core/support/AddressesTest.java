/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class AddressesTest {

  @Test
  @DisplayName("The kernel's writing of an address is read for both families")
  void kernelAddresses() {
    assertThat(described("0100007F:1538")).isEqualTo("127.0.0.1:5432");
    assertThat(described("0000000000000000FFFF00000A00000A:1538")).isEqualTo("10.0.0.10:5432");
    assertThat(described("B80D0120000000000000000001000000:0CEA"))
        .isEqualTo("[2001:db8:0:0:0:0:0:1]:3306");
  }

  @Test
  @DisplayName("The addresses in a JDBC URL are found, several ones and those without a port too")
  void addressesInUrl() {
    assertThat(JdbcUrl.of("jdbc:postgresql://127.0.0.1:5432/db?user=a").addresses())
        .containsExactly("127.0.0.1:5432");
    assertThat(JdbcUrl.of("jdbc:mysql://10.0.0.1,[2001:db8::1]:3307/db").addresses())
        .containsExactlyInAnyOrder("10.0.0.1:3306", "[2001:db8:0:0:0:0:0:1]:3307");
    assertThat(JdbcUrl.of("jdbc:other://10.0.0.1/db").addresses()).containsExactly("10.0.0.1");
    assertThat(JdbcUrl.of("jdbc:sqlserver://10.0.0.1:1433;databaseName=db").addresses())
        .containsExactly("10.0.0.1:1433");
    assertThat(JdbcUrl.of("jdbc:h2:mem:db").addresses()).isEmpty();
    assertThat(JdbcUrl.of(null).addresses()).isEmpty();
  }

  private static String described(String address) {
    return KernelSockets.describe(KernelSockets.address(address));
  }
}
