/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanInstantiationException;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.convert.converter.ConverterFactory;
import org.springframework.core.convert.support.DefaultConversionService;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertyResolver;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Reads a record, one component after the other, from an environment: by Spring Boot's binder where
 * Boot is there, and else in the only spelling that an {@code Environment} without Boot answers to.
 */
public final class EnvironmentProperties {

  private static final boolean BOOT =
      ClassUtils.isPresent(
          "org.springframework.boot.context.properties.bind.Binder",
          EnvironmentProperties.class.getClassLoader());

  private static final DefaultConversionService CONVERSION = conversion();

  private EnvironmentProperties() {}

  /**
   * Reads the properties below a prefix. Those that are not set are null.
   *
   * @throws RuntimeException if a value cannot be read; the message names the property
   */
  public static <R extends Record> R read(Environment environment, String prefix, Class<R> type) {
    return read(environment, prefix, type, absent -> null);
  }

  /**
   * An adapter's settings: its own defaults where nothing is set.
   *
   * @throws RuntimeException if a value cannot be read, or is none for the adapter
   */
  public static <R extends Record> R read(Environment environment, String prefix, R defaults) {
    @SuppressWarnings("unchecked")
    Class<R> type = (Class<R>) defaults.getClass();
    return read(
        environment,
        prefix,
        type,
        component -> ReflectionUtils.invokeMethod(component.getAccessor(), defaults));
  }

  /** Its classes are loaded only where Spring Boot is there. */
  private static final class Boot {

    private Boot() {}

    static @Nullable Object value(Environment environment, String name, Class<?> type) {
      return Binder.get(environment).bind(name, Bindable.of(type)).orElse(null);
    }
  }

  private static <R extends Record> R read(
      Environment environment,
      String prefix,
      Class<R> type,
      Function<RecordComponent, @Nullable Object> defaults) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      String name = prefix + '.' + kebab(components[i].getName());
      Object value =
          BOOT ? Boot.value(environment, name, types[i]) : value(environment, name, types[i]);
      values[i] = value == null ? defaults.apply(components[i]) : value;
    }
    try {
      return BeanUtils.instantiateClass(type.getDeclaredConstructor(types), values);
    } catch (BeanInstantiationException e) {
      throw e.getCause() instanceof IllegalArgumentException refused
          ? UnusableSettingException.below(prefix, refused)
          : e;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(e); // every record has this one
    }
  }

  private static @Nullable Object value(PropertyResolver environment, String name, Class<?> type) {
    String value = environment.getProperty(name);
    try {
      return value == null ? null : CONVERSION.convert(value.strip(), type);
    } catch (ConversionException e) {
      throw new UnusableSettingException(
          "Property %s is \"%s\", which is no %s"
              .formatted(name, value.strip(), type.getSimpleName()),
          e);
    }
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static DefaultConversionService conversion() {
    DefaultConversionService conversion = new DefaultConversionService();
    conversion.addConverter(new DurationReader());
    conversion.addConverterFactory(new EnumReader());
    return conversion;
  }

  /** {@code 500ms}, {@code 10s}, {@code PT10S}, and a bare number of milliseconds. */
  private static final class DurationReader implements Converter<String, Duration> {

    @Override
    public Duration convert(String source) {
      return DurationFormatterUtils.detectAndParse(source);
    }
  }

  /** {@code strict} for {@code STRICT}, as Spring Boot reads it. */
  private static final class EnumReader implements ConverterFactory<String, Enum<?>> {

    @Override
    public <T extends Enum<?>> Converter<String, T> getConverter(Class<T> type) {
      return source -> {
        for (T constant : type.getEnumConstants()) {
          if (constant.name().equalsIgnoreCase(source.replace('-', '_'))) {
            return constant;
          }
        }
        throw new IllegalArgumentException("There is no " + source);
      };
    }
  }
}
