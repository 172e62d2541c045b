/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.selector.ContextSelector;
import ch.qos.logback.classic.util.ContextSelectorStaticBinder;
import dev.cracadapters.core.AuditedResource;
import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.Phase;
import dev.cracadapters.core.RefusedException;
import dev.cracadapters.core.audit.Descriptor;
import dev.cracadapters.logback.appender.EachTried;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.crac.CheckpointException;
import org.crac.Context;
import org.crac.Resource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * All contexts that Logback knows of, looked up at each checkpoint: the one that SLF4J logs to, and
 * those of a context selector, such as one for each web application.
 */
final class AllContexts implements AuditedResource {

  private final Function<LoggerContext, LogbackResource> resource;
  private final Duration patience;
  private final Map<LoggerContext, LogbackResource> resources = new IdentityHashMap<>();

  /** Those of the walk that is under way. */
  private volatile List<LogbackResource> stopped = List.of();

  /** {@code patience} is how long all of them may take together. */
  AllContexts(Function<LoggerContext, LogbackResource> resource, Duration patience) {
    this.resource = resource;
    this.patience = patience;
    resources(); // a Logback that cannot be used is to be known now
  }

  static Set<LoggerContext> find() {
    Set<LoggerContext> found = Collections.newSetFromMap(new IdentityHashMap<>());
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      found.add(context);
    }
    ContextSelector selector = ContextSelectorStaticBinder.getSingleton().getContextSelector();
    if (selector != null) {
      found.add(selector.getDefaultLoggerContext());
      List<String> names = selector.getContextNames();
      if (names != null) {
        names.forEach(name -> found.add(selector.getLoggerContext(name)));
      }
    }
    found.remove(null);
    return found;
  }

  private synchronized List<LogbackResource> resources() {
    Set<LoggerContext> found = find();
    resources.keySet().retainAll(found);
    return found.stream().map(context -> resources.computeIfAbsent(context, resource)).toList();
  }

  @Override
  public String name() {
    List<LogbackResource> all = resources();
    return all.size() == 1
        ? all.get(0).name()
        : all.stream().map(LogbackResource::name).sorted().collect(Collectors.joining(", "));
  }

  @Override
  public int phase() {
    return Phase.LOGGING;
  }

  @Override
  public void beforeCheckpoint(@Nullable Context<? extends Resource> ignored)
      throws RefusedException, InterruptedException {
    stopped = resources();
    Deadline deadline = Deadline.after(patience);
    new EachTried<>(stopped, RefusedException.class).run(resource -> resource.close(deadline));
  }

  @Override
  public void beforeAudit() throws CheckpointException, InterruptedException {
    for (LogbackResource resource : stopped) {
      resource.beforeAudit();
    }
  }

  @Override
  public Optional<String> remedy(Descriptor descriptor) {
    return stopped.stream().flatMap(one -> one.remedy(descriptor).stream()).findFirst();
  }

  @Override
  public void afterRestore(@Nullable Context<? extends Resource> ignored) throws IOException {
    List<LogbackResource> all = new ArrayList<>(stopped);
    Collections.reverse(all);
    Deadline deadline = Deadline.after(patience);
    new EachTried<>(all, IOException.class).run(resource -> resource.open(deadline));
  }
}
