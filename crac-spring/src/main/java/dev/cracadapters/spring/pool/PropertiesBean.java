/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.pool;

import java.beans.PropertyDescriptor;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.beans.BeanWrapperImpl;
import org.springframework.beans.BeansException;
import org.springframework.boot.context.properties.ConfigurationPropertiesBean;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindMethod;
import org.springframework.boot.context.properties.bind.BindResult;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * A bean that Spring Boot bound to the properties below a prefix.
 *
 * @param object the bean; for a value object, which cannot be bound again, the one of the start
 */
record PropertiesBean(String name, Object object, String prefix, Bindable<?> target) {

  private static final Pattern UNRESOLVED = Pattern.compile("\\$\\{[^}]*}");

  /** The bean as one that was bound, null where it was not. */
  static @Nullable PropertiesBean of(
      ConfigurableApplicationContext context, String name, Object object) {
    ConfigurationPropertiesBean bean = ConfigurationPropertiesBean.get(context, object, name);
    return bean == null
        ? null
        : new PropertiesBean(name, object, bean.getAnnotation().prefix(), bean.asBindTarget());
  }

  boolean isValueObject() {
    return target.getBindMethod() == BindMethod.VALUE_OBJECT || object.getClass().isRecord();
  }

  /**
   * What differs below the prefix between two environments.
   *
   * @param type whose properties are compared
   * @return the name of each property that does, with its value in the second one
   * @throws RuntimeException if a value of the second one cannot be read
   */
  Changes changes(Class<?> type, ConfigurableEnvironment before, ConfigurableEnvironment after) {
    Binder old = Binder.get(before);
    Binder present = Binder.get(after);
    Map<String, @Nullable Object> changed = new TreeMap<>();
    Map<String, Set<?>> gone = new TreeMap<>();
    for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(type)) {
      if (property.getWriteMethod() != null) {
        Object was = lenient(old, property);
        Object is = value(present, property);
        if (!Objects.equals(was, is)) {
          changed.put(property.getName(), is);
          if (was instanceof Map<?, ?> entries) {
            Set<Object> keys = new HashSet<>(entries.keySet());
            keys.removeAll(is instanceof Map<?, ?> left ? left.keySet() : Set.of());
            gone.put(property.getName(), keys);
          }
        }
      }
    }
    return new Changes(prefix, changed, gone);
  }

  /** What could not be read is as good as nothing. */
  private @Nullable Object lenient(Binder binder, PropertyDescriptor property) {
    try {
      return value(binder, property);
    } catch (RuntimeException e) {
      return null;
    }
  }

  private @Nullable Object value(Binder binder, PropertyDescriptor property) {
    String name = prefix + '.' + DataObjectPropertyName.toDashedForm(property.getName());
    try {
      BindResult<?> result =
          BeanUtils.isSimpleProperty(property.getPropertyType())
              ? binder.bind(name, Bindable.of(String.class))
              : binder.bind(name, Bindable.mapOf(String.class, String.class));
      return result.isBound() ? resolved(name, result.get()) : null;
    } catch (BindException e) {
      if (e.getCause() instanceof ConversionException) {
        return null; // no text and no map: not one that a pool is configured with
      }
      throw e;
    }
  }

  /** Spring Boot takes an unresolved placeholder as text, and would log in with it. */
  private static Object resolved(String name, Object value) {
    Matcher left = UNRESOLVED.matcher(value.toString());
    if (value instanceof String && left.find()) {
      throw new IllegalStateException(name + ": there is no value for " + left.group());
    }
    return value;
  }

  /** Whether an environment has a value for a property of the bean. */
  boolean isSet(String property, ConfigurableEnvironment environment) {
    String name = prefix + '.' + DataObjectPropertyName.toDashedForm(property);
    return Binder.get(environment).bind(name, Bindable.of(String.class)).isBound();
  }

  /** The value object as it would be made now. */
  Object bindAnew(ConfigurableEnvironment environment) {
    return Binder.get(environment).bindOrCreate(prefix, Bindable.of(target.getType()));
  }

  /**
   * Properties that changed.
   *
   * @param values by the name of the property; null for one that is gone
   * @param gone the keys that properties which are maps have lost
   */
  record Changes(String prefix, Map<String, @Nullable Object> values, Map<String, Set<?>> gone) {

    boolean isEmpty() {
      return values.isEmpty();
    }

    /**
     * Binds what changed, and nothing else, so that what code has set stays. What is gone becomes
     * what it is in the defaults.
     */
    void applyTo(Object object, ConfigurableEnvironment environment, @Nullable Object defaults) {
      BeanWrapperImpl bean = new BeanWrapperImpl(object);
      gone.forEach(
          (name, keys) -> {
            if (bean.getPropertyValue(name) instanceof Map<?, ?> entries) {
              entries.keySet().removeAll(keys);
            }
          });
      values.forEach(
          (name, value) -> {
            if (value == null && defaults != null && !gone.containsKey(name)) {
              bean.setPropertyValue(name, new BeanWrapperImpl(defaults).getPropertyValue(name));
            }
          });
      Bindable<Object> target = Bindable.ofInstance(object);
      Binder.get(environment).bind(prefix, target, new OnlyChanged());
    }

    /** Passes by all properties that did not change. */
    private final class OnlyChanged extends AbstractBindHandler {

      private final ConfigurationPropertyName root = ConfigurationPropertyName.of(prefix);

      @Override
      public <T> @Nullable Bindable<T> onStart(
          ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
        boolean isOther =
            name.getNumberOfElements() > root.getNumberOfElements()
                && values.keySet().stream()
                    .map(property -> root.append(DataObjectPropertyName.toDashedForm(property)))
                    .noneMatch(changed -> changed.equals(name) || changed.isAncestorOf(name));
        return isOther ? null : target;
      }
    }
  }

  /** An object of the bean's class as it is without properties; null where it cannot be made. */
  @Nullable Object defaults() {
    try {
      return BeanUtils.instantiateClass(object.getClass());
    } catch (BeansException e) {
      return null;
    }
  }
}
