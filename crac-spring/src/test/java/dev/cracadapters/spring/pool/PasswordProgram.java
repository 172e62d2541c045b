/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.cracadapters.spring.fixture.Contexts;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import org.crac.Core;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** Logs in with the password of an environment variable; takes commands by lines. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class PasswordProgram {

  public static void main(String[] arguments) throws Exception {
    try (ConfigurableApplicationContext context =
            new SpringApplicationBuilder(PasswordProgram.class)
                .web(WebApplicationType.NONE)
                .run(Contexts.NO_JPA.toArray(String[]::new));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
      ask(context);
      for (String line = lines.readLine(); !"end".equals(line); line = lines.readLine()) {
        if (line.equals("checkpoint")) {
          Core.checkpointRestore();
          ask(context);
        } else {
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(line, true);
          System.out.println("dumped");
        }
      }
    }
    System.exit(0);
  }

  private static void ask(ConfigurableApplicationContext context) {
    System.out.println(
        "logged in as "
            + context
                .getBean(JdbcTemplate.class)
                .queryForObject("select current_user", String.class));
  }
}
