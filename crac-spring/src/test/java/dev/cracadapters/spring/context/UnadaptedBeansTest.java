/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.audit.Descriptor.Kind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

class UnadaptedBeansTest {

  private static final ClassLoader WITHOUT_ADAPTERS =
      new FilteredClassLoader(
          "dev.cracadapters.hikari", "dev.cracadapters.logback", "dev.cracadapters.jetty");

  @TempDir private Path folder;

  @Test
  @DisplayName("The file of an appender is named, with crac-logback as the remedy")
  void namesAppender() {
    Path file = folder.resolve("app.log");
    LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(loggers);
    encoder.setPattern("%msg%n");
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(loggers);
    appender.setName("FILE");
    appender.setEncoder(encoder);
    appender.setFile(file.toString());
    appender.start();
    Logger logger = loggers.getLogger("some.logger");
    logger.addAppender(appender);
    try {
      Descriptor open = descriptor(Kind.FILE, file.toString(), null, null);

      assertThat(hints(WITHOUT_ADAPTERS).remedy(open))
          .contains("the file of appender FILE: add crac-logback");
      assertThat(
              hints(WITHOUT_ADAPTERS)
                  .remedy(descriptor(Kind.FILE, folder.resolve("x").toString(), null, null)))
          .isEmpty();
    } finally {
      logger.detachAppender(appender);
      appender.stop();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://127.0.0.1:6543/orders, 6543, true",
    "jdbc:postgresql://127.0.0.1/orders?ssl=true, 5432, true",
    "jdbc:postgresql://127.0.0.1:6543/orders, 5432, false",
    "'jdbc:postgresql://10.1.2.3:5432,127.0.0.1:5433/orders', 5433, true",
    "jdbc:postgresql://10.1.2.3:5433/orders, 5433, false",
    "jdbc:mysql://root@127.0.0.1/orders, 3306, true",
    "jdbc:sqlserver://127.0.0.1:1433;databaseName=orders, 1433, true",
    "jdbc:oracle:thin:@127.0.0.1:1521:ORDERS, 1521, true",
    "jdbc:oracle:thin:@//127.0.0.1:1521/orders, 1521, true",
    "jdbc:h2:tcp://127.0.0.1:9092/orders, 9092, true",
    "jdbc:h2:mem:orders, 9092, false",
  })
  @DisplayName("A connection that leads to a pool's database is the pool's")
  void namesPool(String url, int port, boolean isThePools) throws Exception {
    HikariDataSource pool = new HikariDataSource(); // it does not connect before it is asked
    pool.setJdbcUrl(url);
    pool.setPoolName("OrdersPool");
    InetSocketAddress database = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port);
    Descriptor open = descriptor(Kind.TCP_CONNECTION, "socket", null, database);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context.registerBean("pool", HikariDataSource.class, () -> pool);
      context.refresh();

      assertThat(new UnadaptedBeans(() -> Set.of(context), WITHOUT_ADAPTERS).remedy(open))
          .isEqualTo(
              isThePools
                  ? Optional.of("a connection of OrdersPool: add crac-hikari")
                  : Optional.empty());
      assertThat(
              new UnadaptedBeans(() -> Set.of(context), getClass().getClassLoader()).remedy(open))
          .isEmpty();
    }
  }

  private static UnadaptedBeans hints(ClassLoader loader) {
    return new UnadaptedBeans(Set::of, loader);
  }

  private static Descriptor descriptor(
      Kind kind,
      String target,
      @Nullable InetSocketAddress local,
      @Nullable InetSocketAddress remote) {
    return new Descriptor(7, kind, target, true, local, remote, List.of());
  }
}
