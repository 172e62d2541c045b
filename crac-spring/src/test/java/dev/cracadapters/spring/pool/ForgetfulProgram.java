/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.PhasedResource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Three pools whose passwords come from three places. It takes a checkpoint, logs in once more with
 * each, and writes its heap into a file.
 */
@Configuration(proxyBeanMethods = false)
class ForgetfulProgram {

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    readProperty(folder);
    try (RotatedApplication application = new RotatedApplication(folder, ForgetfulProgram.class)) {
      ask(application);
      CheckpointCoordinator.global().checkpoint();
      ask(application);
      ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
          .dumpHeap(folder.resolve("heap.hprof").toString(), true);
    }
    System.exit(0); // Spring 6.2 leaves a thread of its checkpoint behind that keeps the JVM alive
  }

  private static void ask(RotatedApplication application) throws Exception {
    for (String pool : new String[] {"dataSource", "byTree", "byProperty"}) {
      System.out.println(pool + ": " + application.user(pool));
    }
  }

  /** As a restore does it before anything else is brought back. */
  private static void readProperty(Path folder) throws IOException {
    System.setProperty(
        "by-property.password", Files.readString(folder.resolve("property")).strip());
  }

  @Bean(defaultCandidate = false)
  @ConfigurationProperties("by-tree")
  HikariDataSource byTree() {
    return DataSourceBuilder.create().type(HikariDataSource.class).build();
  }

  @Bean(defaultCandidate = false)
  @ConfigurationProperties("by-property")
  BootJdbc.Properties propertiesOfTheThird() {
    return new BootJdbc.Properties();
  }

  @Bean(defaultCandidate = false)
  HikariDataSource byProperty(@Qualifier("propertiesOfTheThird") BootJdbc.Properties properties) {
    return properties.initializeDataSourceBuilder().type(HikariDataSource.class).build();
  }

  @Bean
  PhasedResource systemProperty(Environment environment) {
    return new PhasedResource() {
      @Override
      public String name() {
        return "system property";
      }

      @Override
      public int phase() {
        return Integer.MIN_VALUE;
      }

      @Override
      public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
        // The old one is in use until the restore.
      }

      @Override
      public void afterRestore(@Nullable Context<? extends Resource> context) throws Exception {
        readProperty(Path.of(environment.getRequiredProperty("folder")));
      }
    };
  }
}
