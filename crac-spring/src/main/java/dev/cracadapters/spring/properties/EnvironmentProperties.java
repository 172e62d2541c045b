/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import java.beans.PropertyDescriptor;
import java.time.Duration;
import java.util.Locale;
import org.springframework.beans.BeanWrapper;
import org.springframework.beans.BeanWrapperImpl;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.convert.converter.Converter;
import org.springframework.core.convert.converter.ConverterFactory;
import org.springframework.core.convert.support.DefaultConversionService;
import org.springframework.core.env.PropertyResolver;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * Reads {@link CracProperties} where Spring Boot's binder is not there, or not there yet. With
 * Spring Boot an {@code Environment} answers to all of Boot's spellings of a name, without it to
 * the one that is asked for.
 */
public final class EnvironmentProperties {

  private static final String PREFIX = "spring.crac";
  private static final DefaultConversionService CONVERSION = conversion();

  private EnvironmentProperties() {}

  /**
   * Reads the properties.
   *
   * @throws IllegalArgumentException if a value cannot be read; the message names the property
   */
  public static CracProperties read(PropertyResolver environment) {
    CracProperties properties = new CracProperties();
    read(PREFIX, properties, environment);
    return properties;
  }

  private static void read(String prefix, Object target, PropertyResolver environment) {
    BeanWrapper bean = new BeanWrapperImpl(target);
    bean.setConversionService(CONVERSION);
    for (PropertyDescriptor property : bean.getPropertyDescriptors()) {
      String name = prefix + '.' + kebab(property.getName());
      if (property.getWriteMethod() != null) {
        String value = environment.getProperty(name);
        if (value != null) {
          set(bean, property, name, value.strip());
        }
      } else if (property.getPropertyType().getEnclosingClass() == CracProperties.class) {
        Object nested = bean.getPropertyValue(property.getName());
        if (nested != null) {
          read(name, nested, environment);
        }
      }
    }
  }

  private static void set(
      BeanWrapper bean, PropertyDescriptor property, String name, String value) {
    try {
      bean.setPropertyValue(property.getName(), value);
    } catch (TypeMismatchException e) {
      throw new IllegalArgumentException(
          "Property %s is \"%s\", which is no %s"
              .formatted(name, value, property.getPropertyType().getSimpleName()),
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
