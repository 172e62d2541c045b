/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.failure;

import dev.cracadapters.core.AuditedResource;
import dev.cracadapters.core.PhasedResource;
import dev.cracadapters.core.ResourceFinder;
import dev.cracadapters.core.SideBySideGroup;
import dev.cracadapters.core.SideBySideResource;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.core.listen.ListeningResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.crac.Context;
import org.crac.Resource;

/** Resources of each kind, whose every call is a step at which {@link Faults} may throw. */
final class FaultyResources {

  private final Faults faults;

  /** Those that were made, but for what existing code has. */
  final List<Part> all = new ArrayList<>();

  FaultyResources(Faults faults) {
    this.faults = faults;
  }

  /** One of each kind, and two that go down side by side. */
  List<Part> ofEachKind() {
    return List.of(
        new Part("first", 5),
        new Side("left", 4, false),
        new Side("right", 4, false),
        new Finder(3),
        new Audited(2),
        new Aside(1),
        new Part("last", 1));
  }

  /** Something that goes down and comes up. */
  class Part implements PhasedResource {

    final String name;
    private final int phase;
    final AtomicInteger down = new AtomicInteger();

    Part(String name, int phase) {
      this.name = name;
      this.phase = phase;
      all.add(this);
    }

    @Override
    public String name() {
      faults.step("name of " + name);
      return name;
    }

    @Override
    public int phase() {
      return phase;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      faults.step("down " + name);
      down.incrementAndGet();
      faults.step("downed " + name);
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      down.set(0);
      faults.step("up " + name);
    }
  }

  final class Side extends Part implements SideBySideResource {

    private final boolean isFound;

    Side(String name, int phase, boolean isFound) {
      super(name, phase);
      this.isFound = isFound;
    }

    @Override
    public int phase() {
      if (isFound) {
        faults.step("phase of what was found");
      }
      return super.phase();
    }

    @Override
    public void goesDownWith(SideBySideGroup group) {
      faults.step("tell");
    }
  }

  final class Finder extends Part implements ResourceFinder {

    private final SideBySideResource found;

    Finder(int phase) {
      super("finder", phase);
      found = new Side("found", phase, true);
    }

    @Override
    public List<SideBySideResource> findResources() {
      faults.step("find");
      return List.of(found);
    }
  }

  /** One that the walk up does not wait for, and that opens a socket first. */
  final class Aside extends Part implements ListeningResource {

    Aside(int phase) {
      super("aside", phase);
    }

    @Override
    public boolean callersWait() {
      return true;
    }

    @Override
    public void listen() {
      faults.step("listen");
    }
  }

  final class Audited extends Part implements AuditedResource {

    Audited(int phase) {
      super("audited", phase);
    }

    @Override
    public void beforeAudit() {
      faults.step("before the audit");
    }

    @Override
    public Optional<String> remedy(Descriptor descriptor) {
      faults.step("remedy");
      return Optional.empty();
    }
  }

  /** A resource as existing code has it. The global context has no way out. */
  final class Existing implements Resource {

    boolean isDown;
    boolean isOver;

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
      if (!isOver) {
        faults.step("down existing");
        isDown = true;
        faults.step("downed existing");
      }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
      if (!isOver) {
        isDown = false;
        faults.step("up existing");
      }
    }
  }
}
