/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the walk calls at one time: one resource, or a group that goes side by side. */
final class WalkStep {

  private final List<RegisteredResource> members = new ArrayList<>();

  private WalkStep(RegisteredResource first) {
    members.add(first);
  }

  /**
   * The steps of the way down.
   *
   * @param order the resources, from the first stopped to the last
   */
  static List<WalkStep> of(List<RegisteredResource> order) {
    List<WalkStep> steps = new ArrayList<>();
    order.forEach(resource -> add(steps, steps.size(), resource));
    return steps;
  }

  /** Adds a resource to the step that takes it, or as a step of its own. */
  static void add(List<WalkStep> steps, int place, RegisteredResource resource) {
    for (WalkStep step : steps) {
      if (step.takes(resource)) {
        step.members.add(resource);
        return;
      }
    }
    steps.add(place, new WalkStep(resource));
  }

  private boolean takes(RegisteredResource other) {
    RegisteredResource first = members.get(0);
    return isSideBySide()
        && first.phase() == other.phase()
        && first.resource().getClass() == other.resource().getClass()
        // Nobody is called twice at a time.
        && members.stream().noneMatch(member -> member.resource() == other.resource());
  }

  int phase() {
    return members.get(0).phase();
  }

  boolean isSideBySide() {
    return members.get(0).resource() instanceof SideBySideResource;
  }

  /** From the first stopped to the last, as far as there is a difference. */
  List<RegisteredResource> members() {
    return Collections.unmodifiableList(members);
  }

  /** A new group of the members, for one walk. */
  SideBySideGroup group() {
    return new SideBySideGroup(
        members.stream().map(member -> (SideBySideResource) member.resource()).toList());
  }
}
