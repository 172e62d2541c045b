/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.context;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CheckpointReport.Outcome;
import dev.cracadapters.core.CheckpointReport.ResourceWalk;
import dev.cracadapters.spring.EnableCrac;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

class AdaptersFoundTest {

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Enabled {}

  @Configuration(proxyBeanMethods = false)
  static class Nothing {}

  @Configuration(proxyBeanMethods = false)
  static class Pools {

    @Bean
    HikariDataSource plain() {
      return pool("plain");
    }

    @Bean
    DataSource wrapped(HikariDataSource plain) {
      return new LazyConnectionDataSourceProxy(pool("wrapped"));
    }

    @Bean
    DataSource samePoolAgain(HikariDataSource plain) {
      return new LazyConnectionDataSourceProxy(plain);
    }

    @Bean
    DataSource routed() {
      AbstractRoutingDataSource routing =
          new AbstractRoutingDataSource() {
            @Override
            protected Object determineCurrentLookupKey() {
              throw new IllegalStateException("No tenant on this thread");
            }
          };
      routing.setTargetDataSources(Map.of("one", pool("tenant one"), "two", pool("tenant two")));
      return routing;
    }

    @Bean
    @Lazy
    HikariDataSource lazy() {
      return pool("lazy");
    }

    @Bean
    @Scope("prototype")
    HikariDataSource prototype() {
      return pool("prototype");
    }

    static HikariDataSource pool(String name) {
      HikariDataSource pool = new HikariDataSource();
      pool.setPoolName(name);
      pool.setJdbcUrl("jdbc:none:" + name);
      return pool;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Netty {

    @Bean(destroyMethod = "close")
    EventLoops loops() {
      return new EventLoops(newGroup());
    }

    @SuppressWarnings("deprecation") // the class that both Netty 4.1 and 4.2 have
    private static NioEventLoopGroup newGroup() {
      return new NioEventLoopGroup(1);
    }

    @Bean
    ServerBootstrap bootstrap(EventLoops loops) {
      return new ServerBootstrap()
          .group(loops.group())
          .channel(NioServerSocketChannel.class)
          .childHandler(new ChannelInboundHandlerAdapter());
    }
  }

  record EventLoops(io.netty.channel.EventLoopGroup group) implements AutoCloseable {

    @Override
    public void close() {
      group.shutdownGracefully().syncUninterruptibly();
    }
  }

  /** Somebody asks for what it makes. */
  static final class Used implements FactoryBean<DataSource> {

    @Override
    public DataSource getObject() {
      return Pools.pool("made by a factory");
    }

    @Override
    public Class<?> getObjectType() {
      return DataSource.class;
    }
  }

  /** Nobody asks for what it makes. */
  static final class Unused implements FactoryBean<DataSource> {

    @Override
    public DataSource getObject() {
      throw new IllegalStateException("It was made for the checkpoint's sake");
    }

    @Override
    public Class<?> getObjectType() {
      return DataSource.class;
    }
  }

  private static AnnotationConfigApplicationContext prepare(Class<?> configuration) {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    context
        .getEnvironment()
        .getPropertySources()
        .addFirst(new MapPropertySource("test", Map.of("spring.crac.engine", "pause")));
    context.register(Enabled.class, configuration);
    return context;
  }

  private static AnnotationConfigApplicationContext start(Class<?> configuration) {
    AnnotationConfigApplicationContext context = prepare(configuration);
    context.refresh();
    return context;
  }

  private static List<String> resources() throws Exception {
    CheckpointReport report = CheckpointCoordinator.global().checkpoint();
    assertThat(report.outcome()).isEqualTo(Outcome.RESTORED);
    return report.resources().stream().map(ResourceWalk::name).toList();
  }

  @Test
  @DisplayName("Every pool that is a bean, or behind one, is found once")
  void poolsAreFound() throws Exception {
    try (ConfigurableApplicationContext context = start(Pools.class)) {
      assertThat(resources())
          .contains("plain", "wrapped", "tenant one", "tenant two")
          .doesNotContain("lazy", "prototype")
          .doesNotHaveDuplicates();
      assertThat(context.isRunning()).isTrue();
    }
  }

  @Test
  @DisplayName("A lazy pool is found when it is made, a prototype is not held")
  void latePoolIsFound() throws Exception {
    try (ConfigurableApplicationContext context = start(Pools.class)) {
      context.getBean("lazy");
      context.getBean("prototype");

      assertThat(resources()).contains("lazy").doesNotContain("prototype");
    }
  }

  @Test
  @DisplayName("Lazy initialization of the whole application changes nothing")
  void lazyApplication() throws Exception {
    try (AnnotationConfigApplicationContext context = prepare(Pools.class)) {
      context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor());
      context.refresh();
      assertThat(resources()).contains("jdk", "logback default").doesNotContain("plain");
      context.getBean("plain");

      assertThat(resources()).contains("plain");
    }
  }

  @Test
  @DisplayName("Every Netty server that is a bean is found")
  void nettyIsFound() throws Exception {
    try (ConfigurableApplicationContext context = start(Netty.class)) {
      assertThat(resources()).anyMatch(name -> name.contains("netty"));
      assertThat(context.isRunning()).isTrue();
    }
  }

  @Test
  @DisplayName("Two applications in one process share the JDK and the log files")
  void processWideResourcesAreShared() throws Exception {
    ConfigurableApplicationContext first = start(Nothing.class);
    try (ConfigurableApplicationContext second = start(Nothing.class)) {
      assertThat(resources()).containsOnlyOnce("jdk", "logback default");
      first.close();
      assertThat(resources()).containsOnlyOnce("jdk", "logback default");
      assertThat(second.isRunning()).isTrue();
    }
    try (ConfigurableApplicationContext third = start(Nothing.class)) {
      assertThat(resources()).containsOnlyOnce("jdk", "logback default");
      assertThat(third.isRunning()).isTrue();
    }
  }

  @Test
  @DisplayName("The beans of a child context take part until it closes")
  void childContextTakesPart() throws Exception {
    try (ConfigurableApplicationContext context = start(Nothing.class)) {
      AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext();
      child.setParent(context);
      child.register(Pools.class);
      child.refresh();
      assertThat(resources()).contains("plain");

      child.close();

      assertThat(resources()).contains("jdk").doesNotContain("plain");
    }
  }

  @Test
  @DisplayName("A child context with the same auto-configuration looks after itself")
  void childIsNotTakenTwice() throws Exception {
    try (ConfigurableApplicationContext context = start(Nothing.class)) {
      AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext();
      child.setParent(context);
      child.register(Pools.class, CracConfiguration.class);
      child.refresh();

      assertThat(resources()).containsOnlyOnce("plain", "jdk", "logback default");
      child.close();
    }
  }

  @Test
  @DisplayName("A factory bean's pool is found when somebody has asked for it, and not made else")
  void nothingIsMadeForTheCheckpoint() throws Exception {
    try (ConfigurableApplicationContext context = start(Factories.class)) {
      assertThat(resources()).contains("made by a factory");
      assertThat(context.isRunning()).isTrue();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Factories {

    @Bean
    static Unused unused() {
      return new Unused();
    }

    @Bean
    static Used used() {
      return new Used();
    }

    @Bean
    String asksForIt(@Qualifier("used") DataSource made) {
      return made.toString();
    }
  }
}
