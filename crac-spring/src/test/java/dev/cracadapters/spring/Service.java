/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.spring.RecordingBean.Events;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** A web service on Jetty with a database and a log file. {@link ServiceProcess} starts it. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Service {

  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  public static void main(String[] arguments) {
    SpringApplication.run(Service.class, arguments);
  }

  @Bean
  Events events() {
    return new Events();
  }

  /** Below Jetty's own phases and above the pool's. */
  @Bean
  RecordingBean worker(Events events) {
    return new RecordingBean(events, "worker", 0);
  }

  /** Above everything: it stops while requests still come in. */
  @Bean
  RecordingBean gateKeeper(Events events) {
    return new RecordingBean(events, "gate keeper", Integer.MAX_VALUE);
  }

  /** Uses the database when everything that stops before the pool has stopped. */
  @Bean
  PhasedResource lastUse(JdbcTemplate jdbc, Events events) {
    return new PhasedResource() {
      @Override
      public String name() {
        return "last use";
      }

      @Override
      public int phase() {
        return Phase.CLIENTS + 2;
      }

      @Override
      public void beforeCheckpoint(@Nullable Context<? extends Resource> context) {
        events.list.add("last use sees " + jdbc.queryForObject("select 42", Integer.class));
      }

      @Override
      public void afterRestore(@Nullable Context<? extends Resource> context) {
        events.list.add("first use sees " + jdbc.queryForObject("select 43", Integer.class));
      }
    };
  }

  /** A bean because it is a member of a configuration class. */
  @RestController
  static class Requests {

    private final JdbcTemplate jdbc;
    private final Events events;
    private volatile @Nullable Connection kept;

    Requests(JdbcTemplate jdbc, Events events) {
      this.jdbc = jdbc;
      this.events = events;
    }

    @GetMapping("/database")
    int database(@RequestParam("number") int number) {
      LOG.info("asked for {}", number);
      return jdbc.queryForObject("select cast(? as integer)", Integer.class, number);
    }

    @GetMapping("/events")
    List<String> events() {
      return events.list;
    }

    /** Takes a connection and keeps it. */
    @GetMapping("/borrow")
    String borrow() throws SQLException {
      kept = jdbc.getDataSource().getConnection();
      return kept.toString();
    }

    /** Answers when a file has been deleted. */
    @GetMapping("/slow")
    String slow(@RequestParam("file") Path file) throws IOException, InterruptedException {
      Files.createFile(file);
      return Deadline.after(Duration.ofSeconds(60)).await(() -> !Files.exists(file))
          ? "done"
          : "nobody deleted it";
    }
  }

  /** Tells the ports by a file that appears as a whole. */
  @Bean
  Ready ready(Environment environment) {
    return new Ready(environment);
  }

  record Ready(Environment environment) {

    @EventListener(ApplicationReadyEvent.class)
    void tell() throws IOException {
      Path file = Path.of(environment.getRequiredProperty("ports.file"));
      Path part = file.resolveSibling("ports.part");
      Files.writeString(
          part,
          environment.getRequiredProperty("local.server.port")
              + ' '
              + environment.getProperty("local.management.port", ""));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
