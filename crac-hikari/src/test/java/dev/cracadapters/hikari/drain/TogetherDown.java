/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.hikari.drain;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.cracadapters.core.CheckpointCoordinator;
import dev.cracadapters.core.CheckpointReport;
import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.Registration;
import dev.cracadapters.hikari.HikariResource;
import dev.cracadapters.hikari.HikariSettings;
import dev.cracadapters.hikari.pool.PoolAccess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.crac.RestoreException;

/**
 * Checkpoints by the pause engine of the pools that a test registers, with a look at them when all
 * of them are down.
 */
final class TogetherDown implements AutoCloseable {

  private static final String POLICIES =
      Stream.of("socket", "file", "pipe")
          .map(type -> "type: " + type + "\naction: ignore\nwarn: false\n")
          .collect(Collectors.joining("---\n"));

  private final List<Registration> registrations = new ArrayList<>();
  private final Path policies;
  private List<String> seen = List.of();
  private Look look = List::of;

  interface Look {
    List<String> look() throws Exception;
  }

  TogetherDown() throws Exception {
    CheckpointCoordinator coordinator = CheckpointCoordinator.global();
    coordinator.configure(
        new CoordinatorSettings(
            "pause", null, AuditMode.LENIENT, Duration.ofSeconds(60), Duration.ofSeconds(30)));
    // The test's own session with its database stays open, and what else it has of it.
    policies = Files.writeString(Files.createTempFile("policies", ".yaml"), POLICIES);
    System.setProperty("jdk.crac.resource-policies", policies.toString());
    registrations.add(coordinator.register(new Probe()));
  }

  TogetherDown with(HikariDataSource dataSource, Duration drainTimeout) {
    return with(
        HikariResource.of(dataSource, HikariSettings.defaults().withDrainTimeout(drainTimeout)));
  }

  TogetherDown with(PhasedResource resource) {
    registrations.add(CheckpointCoordinator.global().register(resource));
    return this;
  }

  /** What to look at when all the pools are down. */
  TogetherDown lookingAt(Look atWhat) {
    look = atWhat;
    return this;
  }

  /** What was seen in the last pause. */
  List<String> seen() {
    return seen;
  }

  CheckpointReport take() throws CheckpointException, RestoreException {
    return CheckpointCoordinator.global().checkpoint();
  }

  /** Takes a checkpoint that has to fail; why it did. */
  List<String> refused() throws RestoreException {
    try {
      take();
    } catch (CheckpointException e) {
      return List.of(e.getSuppressed()).stream().map(Throwable::getMessage).toList();
    }
    throw new AssertionError("not refused");
  }

  static boolean isGated(HikariDataSource dataSource) {
    return new PoolAccess().lock((HikariPool) dataSource.getHikariPoolMXBean())
        instanceof CheckpointGate;
  }

  @Override
  public void close() throws IOException {
    registrations.forEach(Registration::close);
    System.clearProperty("jdk.crac.resource-policies");
    Files.delete(policies);
  }

  private final class Probe implements PhasedResource {

    @Override
    public String name() {
      return "probe";
    }

    @Override
    public int phase() {
      return Phase.LOGGING;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
      seen = look.look();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {}
  }
}
