/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.Context;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.joran.JoranConstants;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.model.AppenderModel;
import ch.qos.logback.core.model.Model;
import ch.qos.logback.core.model.processor.AppenderModelHandler;
import ch.qos.logback.core.model.processor.DefaultProcessor;
import ch.qos.logback.core.model.processor.IncludeModelHandler;
import ch.qos.logback.core.model.processor.ModelHandlerException;
import ch.qos.logback.core.model.processor.ModelInterpretationContext;
import ch.qos.logback.core.status.Status;
import java.io.File;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tries a configuration on a context that is thrown away, before the old one is given up. All is
 * made but the appenders are not started, so that no file or port is opened: of those that write to
 * files it is only asked whether they could.
 *
 * <p>Broken is what Logback reports as an error, and an include that cannot be read. Its warnings
 * are about a configuration that works.
 */
final class CheckedConfiguration {

  private CheckedConfiguration() {}

  /**
   * Why a configuration is broken.
   *
   * @param variables what the configuration finds as its context's properties
   * @return empty when it is not
   */
  static Optional<String> flaw(URL main, Map<String, String> variables) {
    LoggerContext trial = new LoggerContext();
    trial.setName("check");
    variables.forEach(trial::putProperty);
    JoranConfigurator configurator = new Unopened();
    configurator.setContext(trial);
    try {
      configurator.doConfigure(main);
      return flaw(trial);
    } catch (JoranException | RuntimeException | LinkageError e) {
      return Optional.of(flaw(trial).orElse(String.valueOf(e.getMessage())));
    } finally {
      trial.stop();
    }
  }

  private static Optional<String> flaw(LoggerContext trial) {
    return trial.getStatusManager().getCopyOfStatusList().stream()
        .filter(CheckedConfiguration::isFlaw)
        .map(CheckedConfiguration::describe)
        .findFirst();
  }

  static boolean isFlaw(Status status) {
    return status.getEffectiveLevel() >= Status.ERROR
        || status.getEffectiveLevel() >= Status.WARN
            && status.getOrigin() instanceof IncludeModelHandler;
  }

  static String describe(Status status) {
    Throwable cause = status.getThrowable();
    return cause == null ? status.getMessage() : status.getMessage() + " " + cause;
  }

  private static final class Unopened extends JoranConfigurator {

    @Override
    protected void addModelHandlerAssociations(DefaultProcessor processor) {
      super.addModelHandlerAssociations(processor);
      processor.addHandler(AppenderModel.class, (context, mic) -> new UnopenedAppender<>(context));
    }
  }

  /** Builds an appender as Logback does, and does not start it. */
  private static final class UnopenedAppender<E> extends AppenderModelHandler<E> {

    UnopenedAppender(Context context) {
      super(context);
    }

    @Override
    public void postHandle(ModelInterpretationContext mic, Model model)
        throws ModelHandlerException {
      if (mic.isObjectStackEmpty() || !(mic.peekObject() instanceof Appender<?> appender)) {
        return; // it was skipped, or could not be made
      }
      if (!String.valueOf(appender.getName())
          .equals(mic.subst(((AppenderModel) model).getName()))) {
        return;
      }
      mic.popObject();
      mic.markStartOfNamedDependee(appender.getName());
      bag(mic).put(appender.getName(), appender);
      if (appender instanceof FileAppender<?> file && file.getFile() != null) {
        String flaw = unwritable(file.getFile());
        if (flaw != null) {
          addError("Appender [" + appender.getName() + "] cannot write to its file: " + flaw);
        }
      }
    }

    @SuppressWarnings("unchecked")
    private Map<String, Appender<?>> bag(ModelInterpretationContext mic) {
      return (Map<String, Appender<?>>) mic.getObjectMap().get(JoranConstants.APPENDER_BAG);
    }
  }

  private static @Nullable String unwritable(String name) {
    Path file = new File(name).getAbsoluteFile().toPath();
    if (Files.exists(file)) {
      return Files.isDirectory(file) || !Files.isWritable(file)
          ? file + " is a folder or write-protected"
          : null;
    }
    Path folder = file.getParent();
    while (folder != null && !Files.exists(folder)) {
      folder = folder.getParent();
    }
    return folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)
        ? "nothing can be made in " + folder
        : null;
  }
}
