/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.spring.EnableCrac;
import dev.cracadapters.spring.fixture.HeldPause;
import dev.cracadapters.spring.fixture.Postgres;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.target.HotSwappableTargetSource;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.context.support.SimpleThreadScope;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;

@DisplayName("A pool leaves no session at a checkpoint, and works again after the restore")
class WrappedPoolsTest {

  private static final Postgres POSTGRES = Postgres.shared();

  @TempDir private Path folder;

  @Configuration(proxyBeanMethods = false)
  @EnableCrac
  static class Enabled {}

  /** None of these pools is a bean of its own. */
  @Configuration(proxyBeanMethods = false)
  static class Wrapped {

    @Bean
    DataSource lazyConnections() {
      return new LazyConnectionDataSourceProxy(POSTGRES.pool("lazyConnections"));
    }

    @Bean
    DataSource transactionAware() {
      return new TransactionAwareDataSourceProxy(
          new LazyConnectionDataSourceProxy(POSTGRES.pool("transactionAware")));
    }

    @Bean
    DataSource delegating() {
      return new DelegatingDataSource(POSTGRES.pool("delegating"));
    }

    @Bean
    DataSource unwrapping() {
      return new Wrappers.Unwrapping(POSTGRES.pool("unwrapping"));
    }

    @Bean
    DataSource closedWrapper() {
      return new Wrappers.Closed(POSTGRES.pool("closedWrapper"));
    }

    @Bean
    DataSource byAop() {
      return (DataSource)
          ProxyFactory.getProxy(new HotSwappableTargetSource(POSTGRES.pool("byAop")));
    }

    @Bean
    DataSource defaultTarget() {
      Wrappers.ByThread inner =
          new Wrappers.ByThread(
              Map.of("other", POSTGRES.pool("notUsed")), POSTGRES.pool("defaultTarget"));
      return new Wrappers.ByThread(Map.of(), new LazyConnectionDataSourceProxy(inner));
    }
  }

  /** These are not there when the context has been refreshed. */
  @Configuration(proxyBeanMethods = false)
  static class Late {

    @Bean
    @Lazy
    HikariDataSource lazy() {
      return POSTGRES.pool("lazy");
    }

    @Bean
    @Scope(value = "thread", proxyMode = ScopedProxyMode.TARGET_CLASS)
    HikariDataSource scoped() {
      return POSTGRES.pool("scoped");
    }

    @Bean
    @Scope("prototype")
    HikariDataSource prototype() {
      return POSTGRES.pool("prototype");
    }

    @Bean
    static FactoryBean<DataSource> madeByFactory() {
      return new FactoryBean<>() {
        @Override
        public DataSource getObject() {
          return POSTGRES.pool("madeByFactory");
        }

        @Override
        public Class<?> getObjectType() {
          return DataSource.class;
        }
      };
    }

    @Bean
    DataSource byTenant() {
      return new Wrappers.MadeWhenAsked(POSTGRES::pool);
    }
  }

  @AfterEach
  void closePools() {
    POSTGRES.closePools();
  }

  private AnnotationConfigApplicationContext start(HeldPause pause, Class<?> configuration) {
    AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
    context
        .getEnvironment()
        .getPropertySources()
        .addFirst(new MapPropertySource("test", pause.properties()));
    context.register(Enabled.class, configuration);
    context.getBeanFactory().registerScope("thread", new SimpleThreadScope());
    context.refresh();
    return context;
  }

  /** Each has a session before and after, and none has in between. */
  private static CheckpointReport assertGone(HeldPause pause, Map<String, DataSource> dataSources)
      throws Exception {
    for (Map.Entry<String, DataSource> each : dataSources.entrySet()) {
      assertThat(Postgres.session(each.getValue())).isEqualTo(each.getKey());
    }
    assertThat(POSTGRES.sessions()).containsAll(dataSources.keySet());
    CheckpointReport report = pause.during(() -> assertThat(POSTGRES.sessions()).isEmpty());
    for (Map.Entry<String, DataSource> each : dataSources.entrySet()) {
      assertThat(Postgres.session(each.getValue())).isEqualTo(each.getKey());
    }
    return report;
  }

  @Test
  @DisplayName("behind each of Spring's wrappers, and others'")
  void wrapped() throws Exception {
    HeldPause pause = new HeldPause(folder);
    try (AnnotationConfigApplicationContext context = start(pause, Wrapped.class)) {
      assertGone(pause, context.getBeansOfType(DataSource.class));
    }
  }

  @Test
  @DisplayName("when it is made after the start: lazily, in a scope, by a factory, by a router")
  void late() throws Exception {
    HeldPause pause = new HeldPause(folder);
    try (AnnotationConfigApplicationContext context = start(pause, Late.class);
        HikariDataSource prototype = context.getBean("prototype", HikariDataSource.class)) {
      Map<String, DataSource> dataSources = new LinkedHashMap<>();
      for (String name : List.of("lazy", "scoped", "madeByFactory")) {
        dataSources.put(name, context.getBean(name, DataSource.class));
      }
      dataSources.put("prototype", prototype);
      Wrappers.MadeWhenAsked router = context.getBean(Wrappers.MadeWhenAsked.class);
      dataSources.put("tenant1", router.of("tenant1"));
      CheckpointReport report = assertGone(pause, dataSources);
      assertThat(report.resources())
          .extracting("name")
          .contains("lazy")
          .doesNotContain("prototype");

      dataSources.put("tenant2", router.of("tenant2"));
      assertGone(pause, dataSources);
      router.close();
      context.getBean("scopedTarget.scoped", HikariDataSource.class).close();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Routed {

    @Bean
    Wrappers.ByThread routed() {
      return new Wrappers.ByThread(Map.of(), POSTGRES.pool("first"));
    }
  }

  @Test
  @DisplayName("when a router's targets are replaced; the one that was closed takes no part")
  void replaced() throws Exception {
    HeldPause pause = new HeldPause(folder);
    try (AnnotationConfigApplicationContext context = start(pause, Routed.class)) {
      Wrappers.ByThread routed = context.getBean(Wrappers.ByThread.class);
      assertGone(pause, Map.of("first", routed));
      DataSource old = routed.getResolvedDefaultDataSource();
      HikariDataSource second = POSTGRES.pool("second");
      routed.replaceDefault(second);
      ((HikariDataSource) old).close();
      assertGone(pause, Map.of("second", routed));
      second.close();
      assertThat(pause.during(() -> assertThat(POSTGRES.sessions()).isEmpty()).failures())
          .isEmpty();
    }
  }

  @Test
  @DisplayName("in a child context, until that closes; and not when its bean has been destroyed")
  void contexts() throws Exception {
    HeldPause pause = new HeldPause(folder);
    try (AnnotationConfigApplicationContext context = start(pause, Late.class)) {
      AnnotationConfigApplicationContext child = new AnnotationConfigApplicationContext();
      child.setParent(context);
      child.registerBean("ofChild", HikariDataSource.class, () -> POSTGRES.pool("ofChild"));
      child.registerBean(
          "lateInChild",
          HikariDataSource.class,
          () -> POSTGRES.pool("lateInChild"),
          d -> d.setLazyInit(true));
      child.refresh();
      assertGone(
          pause,
          Map.of(
              "ofChild", child.getBean("ofChild", DataSource.class),
              "lateInChild", child.getBean("lateInChild", DataSource.class),
              "lazy", context.getBean("lazy", DataSource.class)));
      child.close();
      context.getDefaultListableBeanFactory().destroySingleton("lazy");

      CheckpointReport report = pause.during(() -> assertThat(POSTGRES.sessions()).isEmpty());
      assertThat(report.resources()).extracting("name").doesNotContain("ofChild", "lateInChild");
      assertGone(pause, Map.of("lazy", context.getBean("lazy", DataSource.class)));
    }
  }
}
