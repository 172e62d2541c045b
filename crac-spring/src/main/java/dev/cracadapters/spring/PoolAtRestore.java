/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring;

import com.zaxxer.hikari.HikariConfig;

/**
 * Has the last word about a pool's configuration after a restore. A bean of this type is for what
 * cannot be seen from outside: a password that the application's own code fetches or decrypts, a
 * URL that it puts together.
 *
 * <p><b>At a checkpoint</b> it is not called. <b>At a restore</b> it is called once for each pool,
 * before any connection is opened, with the configuration that the pool would have without it: the
 * one of before the checkpoint, with what changed in the application's configuration. What it
 * changes there is used for every new connection. <b>On failure</b>, that is when it throws, the
 * exception is logged, and the pool goes on with the configuration of before the checkpoint. After
 * a checkpoint that failed, and in a rehearsal, it is not called.
 *
 * <p>Several such beans are called in their order. It must not use a data source: no pool has a
 * connection yet.
 */
@FunctionalInterface
public interface PoolAtRestore {

  /**
   * Changes a configuration.
   *
   * @param beanName the name of the data source bean that is the pool, or that wraps or routes to
   *     it
   * @param configuration the configuration for the time after the restore
   */
  void configure(String beanName, HikariConfig configuration);
}
