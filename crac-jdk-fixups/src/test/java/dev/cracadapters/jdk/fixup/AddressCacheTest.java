/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.jdk.fixup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cracadapters.jdk.JdkResource;
import dev.cracadapters.jdk.JdkSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The names come from a file that the build gives to the JVM as {@code jdk.net.hosts.file}. */
class AddressCacheTest {

  private static final String NAME = "database.test";

  private final Path hosts = Path.of(System.getProperty("jdk.net.hosts.file"));
  private String usual;

  @BeforeEach
  void remember() throws IOException {
    usual = Files.readString(hosts);
  }

  @AfterEach
  void putBack() throws IOException {
    Files.writeString(hosts, usual);
  }

  @Test
  @DisplayName("A host name is looked up anew after the restore")
  void namesAreForgotten() throws Exception {
    JdkResource resource = JdkResource.of(JdkSettings.defaults());
    answer("127.0.0.5");
    resource.afterRestore(null);
    assertThat(InetAddress.getByName(NAME).getHostAddress()).isEqualTo("127.0.0.5");

    resource.beforeCheckpoint(null);
    answer("127.0.0.6");
    assertThat(InetAddress.getByName(NAME).getHostAddress())
        .as("the JDK remembers it for 30 seconds")
        .isEqualTo("127.0.0.5");
    resource.afterRestore(null);

    assertThat(InetAddress.getByName(NAME).getHostAddress()).isEqualTo("127.0.0.6");
  }

  @Test
  @DisplayName("With address-cache=false names stay as long as the JDK wants")
  void switchedOff() throws Exception {
    JdkResource.of(JdkSettings.defaults()).afterRestore(null);
    JdkSettings usual = JdkSettings.defaults();
    JdkResource resource =
        JdkResource.of(
            new JdkSettings(usual.random(), usual.keyStores(), false, usual.unknownRandom()));
    answer("127.0.0.7");
    InetAddress.getByName(NAME);

    resource.beforeCheckpoint(null);
    answer("127.0.0.8");
    resource.afterRestore(null);

    assertThat(InetAddress.getByName(NAME).getHostAddress()).isEqualTo("127.0.0.7");
  }

  private void answer(String address) throws IOException {
    Files.writeString(hosts, usual + address + " " + NAME + "\n");
  }
}
