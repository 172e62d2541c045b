/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.configuration;

import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.Context;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.model.AppenderModel;
import ch.qos.logback.core.model.Model;
import ch.qos.logback.core.model.SiftModel;
import ch.qos.logback.core.model.processor.AppenderModelHandler;
import ch.qos.logback.core.model.processor.DefaultProcessor;
import ch.qos.logback.core.model.processor.ModelHandlerException;
import ch.qos.logback.core.model.processor.ModelInterpretationContext;
import ch.qos.logback.core.sift.SiftModelHandler;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Configures a context in a process that goes on after a restore. Starting an appender that does
 * not append empties its file: here that would be what was logged before, or another process's
 * file. So each file is appended to, and has the name that it is to have in this process before it
 * is opened for the first time.
 */
final class RestoredConfigurator extends JoranConfigurator {

  private final Consumer<FileAppender<?>> naming;

  RestoredConfigurator(Context context, Consumer<FileAppender<?>> naming) {
    this.naming = naming;
    setContext(context);
  }

  @Override
  protected void addModelHandlerAssociations(DefaultProcessor processor) {
    super.addModelHandlerAssociations(processor);
    processor.addHandler(AppenderModel.class, (context, mic) -> new AppendingAppender<>(context));
    processor.addHandler(SiftModel.class, (context, mic) -> new AppendingChildren(context));
  }

  private final class AppendingAppender<E> extends AppenderModelHandler<E> {

    AppendingAppender(Context context) {
      super(context);
    }

    @Override
    public void postHandle(ModelInterpretationContext mic, Model model)
        throws ModelHandlerException {
      // Below an appender that could not be made there is another one, or nothing.
      if (mic.isObjectStackEmpty()
          || !(mic.peekObject() instanceof FileAppender<?> file)
          || !Objects.equals(mic.subst(((AppenderModel) model).getName()), file.getName())) {
        super.postHandle(mic, model);
        return;
      }
      boolean append = file.isAppend();
      file.setAppend(true);
      try {
        naming.accept(file);
        super.postHandle(mic, model);
      } finally {
        file.setAppend(append);
      }
    }
  }

  /** Of a sifting appender: each child is built by the event that first needs it, on and on. */
  private static final class AppendingChildren extends SiftModelHandler {

    AppendingChildren(Context context) {
      super(context);
    }

    @Override
    public void handle(ModelInterpretationContext mic, Model model) throws ModelHandlerException {
      withoutAppend(model);
      super.handle(mic, model);
    }

    private static void withoutAppend(Model model) {
      model
          .getSubModels()
          .removeIf(child -> child.getTag() != null && child.getTag().equalsIgnoreCase("append"));
      model.getSubModels().forEach(AppendingChildren::withoutAppend);
    }
  }
}
