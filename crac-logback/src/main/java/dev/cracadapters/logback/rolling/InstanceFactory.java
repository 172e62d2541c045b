/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.rolling;

import ch.qos.logback.core.Appender;
import ch.qos.logback.core.Context;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.model.ImplicitModel;
import ch.qos.logback.core.model.Model;
import ch.qos.logback.core.sift.AppenderFactory;
import ch.qos.logback.core.sift.AppenderFactoryUsingSiftModel;
import ch.qos.logback.core.sift.AppenderTracker;
import ch.qos.logback.core.sift.SiftingAppenderBase;
import dev.cracadapters.logback.appender.Appenders;
import dev.cracadapters.logback.appender.LogbackMembers;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Builds the children of a sifting appender in a restored process, whose files have its instance's
 * ID in their names. It stands in the place of the sifting appender's own factory from the first
 * restore on; it is asked for each new child, not for an event.
 *
 * <p>For a child that is configured in XML the names are changed in the configuration, so that the
 * shared file is never opened. A factory in Java starts its child under the shared name: that file
 * is opened, and at once closed, before an event is written.
 */
public final class InstanceFactory<E> implements AppenderFactory<E> {

  /** As elements, which Logback takes in any case. */
  private static final Set<String> NAMES = Set.of("file", "filenamepattern");

  private final AppenderFactory<E> original;
  private final LogbackMembers fields;
  private final InstanceNames names;
  private volatile String instanceId;

  private InstanceFactory(
      AppenderFactory<E> original, LogbackMembers fields, InstanceNames names, String instanceId) {
    this.original = original;
    this.fields = fields;
    this.names = names;
    this.instanceId = instanceId;
  }

  /**
   * Has all children that are built from now on named for an instance.
   *
   * @param tracker the appender's own, not what stands in for it during a walk
   */
  public static <E> void install(
      SiftingAppenderBase<E> appender,
      AppenderTracker<E> tracker,
      LogbackMembers fields,
      InstanceNames names,
      String instanceId) {
    // Every event is under this monitor while it looks for its appender.
    synchronized (appender) {
      if (fields.factory(appender) instanceof InstanceFactory<E> factory) {
        factory.instanceId = instanceId;
      } else {
        fields.setFactory(
            appender,
            tracker,
            new InstanceFactory<>(fields.factory(appender), fields, names, instanceId));
      }
    }
  }

  @Override
  public Appender<E> buildAppender(Context context, String value) throws JoranException {
    String instance = instanceId;
    if (original instanceof AppenderFactoryUsingSiftModel<E> configured) {
      List<Runnable> undo = new ArrayList<>();
      rename(configured.getSiftModel(), RestoredName.part(instance), undo);
      try {
        Appender<E> child = original.buildAppender(context, value);
        Appenders.below(child).files().forEach(file -> names.builtFor(file, instance));
        return child;
      } finally {
        undo.forEach(Runnable::run);
      }
    }
    Appender<E> child = original.buildAppender(context, value);
    Appenders.below(child).files().forEach(file -> rename(file, instance));
    return child;
  }

  /** Puts the instance's ID into each name in a configuration, which the factory then copies. */
  private static void rename(Model model, String part, List<Runnable> undo) {
    List<Model> children = model.getSubModels();
    for (int i = 0; i < children.size(); i++) {
      Model child = children.get(i);
      if (child.getTag() != null
          && NAMES.contains(child.getTag().toLowerCase(Locale.ROOT))
          && child.getBodyText() != null) {
        int at = i;
        ImplicitModel renamed = new ImplicitModel();
        renamed.setTag(child.getTag());
        renamed.setLineNumber(child.getLineNumber());
        renamed.addText(RestoredName.with(child.getBodyText().strip(), part));
        children.set(at, renamed);
        undo.add(() -> children.set(at, child));
      } else {
        rename(child, part, undo);
      }
    }
  }

  private <F> void rename(FileAppender<F> child, String instance) {
    ReentrantLock lock = fields.writeLock.get(child);
    lock.lock();
    try {
      OutputStream shared = child.getOutputStream();
      if (shared == null) {
        return;
      }
      // Closed by itself: the appender would write the encoder's footer to it.
      fields.stream.set(child, null);
      shared.close();
      names.rename(child, instance, false);
      child.openFile(child.getFile());
    } catch (IOException e) {
      child.addError(child.getFile() + " cannot be opened. Make it and its folder writable", e);
      child.stop();
    } finally {
      lock.unlock();
    }
  }
}
