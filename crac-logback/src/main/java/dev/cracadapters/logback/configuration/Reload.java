/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.DefaultJoranConfigurator;
import ch.qos.logback.core.CoreConstants;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.joran.GenericXMLConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.joran.util.ConfigurationWatchListUtil;
import ch.qos.logback.core.model.IncludeModel;
import ch.qos.logback.core.model.Model;
import ch.qos.logback.core.model.ModelUtil;
import ch.qos.logback.core.spi.ConfigurationEvent;
import ch.qos.logback.core.spi.ConfigurationEvent.EventType;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.StatusListener;
import dev.cracadapters.logback.ConfigurationFiles;
import dev.cracadapters.logback.ConfigurationSource;
import java.net.URL;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration of a context again when its files, or the variables that they name,
 * changed between checkpoint and restore.
 */
public final class Reload extends ContextAwareBase implements ConfigurationSource {

  private final LoggerContext loggers;
  private final Consumer<FileAppender<?>> naming;
  private volatile @Nullable URL latest;
  private @Nullable URL main;
  private @Nullable ConfigurationFiles before;

  /** {@code naming} gives a new appender the name of its file in this process. */
  public Reload(LoggerContext loggers, Consumer<FileAppender<?>> naming) {
    this.loggers = loggers;
    this.naming = naming;
    setContext(loggers);
    loggers.addConfigurationEventListener(this::note);
  }

  /** A context keeps the name of its file only where it scans it: from now on it is kept here. */
  private void note(ConfigurationEvent event) {
    if (event.getEventType() == EventType.CONFIGURATION_STARTED
        && event.getData() instanceof GenericXMLConfigurator configurator) {
      try {
        latest = configurator.getTopURL();
      } catch (NoSuchMethodError e) {
        latest = null; // before Logback 1.5.27, where the watch list always has it
      }
    }
  }

  @Override
  public void note() {
    main = mainFile();
    before = main == null ? null : ConfigurationFiles.read(main);
    if (main == null) {
      addInfo("The configuration has no file that is known: a restore does not read it again");
    }
  }

  private @Nullable URL mainFile() {
    URL watched = ConfigurationWatchListUtil.getMainWatchURL(loggers);
    if (watched != null) {
      return watched;
    }
    if (latest != null || loggers.getObject(CoreConstants.SAFE_JORAN_CONFIGURATION) == null) {
      return latest;
    }
    return LoggerFactory.getILoggerFactory() == loggers ? defaultFile() : null;
  }

  /** The file of a context that Logback configured by itself before there was a listener. */
  @SuppressWarnings("deprecation")
  private @Nullable URL defaultFile() {
    DefaultJoranConfigurator search = new DefaultJoranConfigurator();
    search.setContext(loggers);
    return search.findURLOfDefaultConfigurationFile(false);
  }

  @Override
  public Optional<String> changes() {
    if (main == null || before == null) {
      return Optional.empty();
    }
    String changes = ConfigurationFiles.read(main).changesSince(before);
    return changes.isEmpty() ? Optional.empty() : Optional.of(changes);
  }

  @Override
  public void rehearse() {
    changes(); // which only looks
  }

  @Override
  public Optional<String> flaw() {
    return CheckedConfiguration.flaw(known(main), differing(ConfigurationFiles.read(known(main))));
  }

  @Override
  public void apply() throws Exception {
    URL file = known(main);
    Model old = (Model) loggers.getObject(CoreConstants.SAFE_JORAN_CONFIGURATION);
    Map<String, String> values = differing(ConfigurationFiles.read(file));
    List<String> flaws = new ArrayList<>();
    StatusListener listener =
        status -> {
          if (CheckedConfiguration.isFlaw(status)) {
            flaws.add(CheckedConfiguration.describe(status));
          }
        };
    loggers.reset();
    loggers.getStatusManager().add(listener);
    try {
      values.forEach(loggers::putProperty);
      new RestoredConfigurator(loggers, naming).doConfigure(file);
    } catch (JoranException | RuntimeException | LinkageError e) {
      flaws.add(String.valueOf(e.getMessage()));
    } finally {
      loggers.getStatusManager().remove(listener);
    }
    if (!flaws.isEmpty()) {
      fallBack(old, file);
      throw new IllegalStateException(flaws.get(0));
    }
  }

  /** Logback's own way back: the model of the old configuration, with the values of then. */
  private void fallBack(@Nullable Model old, URL file) {
    if (old == null) {
      addError("There is no configuration to fall back to");
      return;
    }
    loggers.reset();
    differing(Objects.requireNonNull(before)).forEach(loggers::putProperty);
    inlineIncludes(old);
    ModelUtil.resetForReuse(old);
    JoranConfigurator configurator = new RestoredConfigurator(loggers, naming);
    configurator.processModel(old);
    configurator.registerSafeConfiguration(old);
    latest = file;
  }

  /** The files may be others by now; the model holds what was read from them. */
  private static void inlineIncludes(Model model) {
    List<Model> children = new ArrayList<>();
    for (Model child : model.getSubModels()) {
      inlineIncludes(child);
      if (child instanceof IncludeModel) {
        children.addAll(child.getSubModels());
      } else {
        children.add(child);
      }
    }
    model.getSubModels().clear();
    model.getSubModels().addAll(children);
  }

  /** The values of a state that Logback would not find by itself. */
  private static Map<String, String> differing(ConfigurationFiles state) {
    Map<String, String> values = new HashMap<>();
    for (String name : state.variables().keySet()) {
      String value = state.value(name);
      String found =
          Objects.requireNonNullElseGet(
              System.getProperty(name), () -> Objects.requireNonNullElse(System.getenv(name), ""));
      if (value != null && !value.equals(found)) {
        values.put(name, value);
      }
    }
    return values;
  }

  private static URL known(@Nullable URL file) {
    return Objects.requireNonNull(file, "main file");
  }
}
