/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.spi.PropertyContainer;
import ch.qos.logback.core.spi.ScanException;
import ch.qos.logback.core.util.Loader;
import ch.qos.logback.core.util.OptionHelper;
import dev.cracadapters.core.RestoreInfo;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration is made from at one moment: its files, with what they include and the
 * property files they read, each by the hash of its text, and the variables they name, each with
 * its value. Two of them are equal when reading the configuration again would make no difference.
 *
 * <p>The files are looked for in the text, not in Logback's watch list, which holds them only where
 * a configuration is scanned, and no file of a jar.
 *
 * @param hashes of each file, by its URL; {@link #ABSENT} where it cannot be read
 * @param variables environment variables and system properties that are named in a file
 */
public record ConfigurationFiles(Map<String, String> hashes, Map<String, String> variables) {

  /** The hash of a file that cannot be read. */
  public static final String ABSENT = "absent";

  /** Stands for a variable without a value, since an empty value is one. */
  private static final String UNSET = "\0";

  private static final Pattern NAME = Pattern.compile("\\$\\{\\s*([^${}:\\s]+)");

  /** {@code <if condition='isDefined("X")'>} and {@code property("X")}, {@code p("X")}. */
  private static final Pattern IN_CONDITION =
      Pattern.compile("\\b(?:property|p|isDefined|isNull)\\(\\s*\\\\?[\"']([^\"'\\\\]+)");

  /** The key of {@code <condition>} elements of Logback 1.5.20 and later. */
  private static final Pattern CONDITION_KEY = Pattern.compile("<key>\\s*([^<\\s]+)\\s*</key>");

  /** A text or an attribute's value, for names that are themselves made from variables. */
  private static final Pattern WITH_VARIABLES =
      Pattern.compile("[\"'>]([^\"'<>]*\\$\\{[^\"'<>]*)[\"'<]");

  private static final Pattern TAG =
      Pattern.compile(
          "<\\s*(include|property|variable|substitutionProperty|propertiesConfigurator)\\b([^>]*)>");
  private static final Pattern ATTRIBUTE =
      Pattern.compile("\\b(name|value|file|url|resource)\\s*=\\s*([\"'])(.*?)\\2", Pattern.DOTALL);
  private static final Pattern COMMENT = Pattern.compile("<!--.*?-->", Pattern.DOTALL);

  /** Makes the maps unmodifiable. */
  public ConfigurationFiles {
    hashes = Map.copyOf(hashes);
    variables = Map.copyOf(variables);
  }

  /**
   * Reads the files as they are now, with the values of now.
   *
   * @param main the file that includes the others
   * @return what a configuration from this file is made from
   */
  public static ConfigurationFiles read(URL main) {
    return read(main, ConfigurationFiles::variable, LoggerContext.class.getClassLoader());
  }

  /** The same with another lookup of environment variables and system properties. */
  static ConfigurationFiles read(
      URL main, UnaryOperator<@Nullable String> lookup, ClassLoader loader) {
    Scan scan = new Scan(lookup, loader);
    scan.visit(main);
    return new ConfigurationFiles(scan.hashes, scan.variables);
  }

  /** The value of a variable as it was; null where it had none. */
  public @Nullable String value(String variable) {
    String value = variables.get(variable);
    return UNSET.equals(value) ? null : value;
  }

  /**
   * What differs from an earlier state.
   *
   * @param earlier the state to compare with
   * @return the names of files and variables; empty when nothing differs
   */
  public String changesSince(ConfigurationFiles earlier) {
    Stream<String> files =
        Stream.of(hashes, earlier.hashes)
            .flatMap(state -> state.keySet().stream())
            .filter(file -> !Objects.equals(hashes.get(file), earlier.hashes.get(file)));
    Stream<String> named =
        variables.keySet().stream()
            .filter(earlier.variables::containsKey)
            .filter(name -> !variables.get(name).equals(earlier.variables.get(name)));
    return Stream.concat(named.sorted(), files.sorted())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private static final class Scan implements PropertyContainer {

    private final UnaryOperator<@Nullable String> lookup;
    private final ClassLoader loader;
    private final Map<String, String> hashes = new LinkedHashMap<>();
    private final Map<String, String> variables = new HashMap<>();
    private final Map<String, String> defined = new HashMap<>();

    Scan(UnaryOperator<@Nullable String> lookup, ClassLoader loader) {
      this.lookup = lookup;
      this.loader = loader;
    }

    void visit(URL file) {
      if (hashes.containsKey(file.toString())) {
        return;
      }
      byte[] bytes;
      try {
        bytes = bytes(file);
      } catch (IOException e) {
        hashes.put(file.toString(), ABSENT);
        return;
      }
      hashes.put(file.toString(), hash(bytes));
      String text = COMMENT.matcher(new String(bytes, StandardCharsets.UTF_8)).replaceAll("");
      Stream.of(NAME, IN_CONDITION, CONDITION_KEY)
          .flatMap(pattern -> pattern.matcher(text).results())
          .forEach(found -> variable(found.group(1)));
      TAG.matcher(text).results().forEach(tag -> tag(tag.group(1), tag.group(2)));
      WITH_VARIABLES.matcher(text).results().forEach(found -> substitute(found.group(1)));
    }

    private void variable(String name) {
      variables.put(name, Objects.requireNonNullElse(lookup.apply(name), UNSET));
    }

    private void tag(String tag, String attributes) {
      Map<String, String> values = new HashMap<>();
      ATTRIBUTE
          .matcher(attributes)
          .results()
          .forEach(found -> values.put(found.group(1), found.group(3)));
      String name = values.get("name");
      String value = values.get("value");
      if (!tag.equals("include") && name != null && value != null) {
        defined.put(name, substitute(value));
        return;
      }
      URL file = location(values);
      if (file != null) {
        visit(file);
      }
    }

    private String substitute(String value) {
      try {
        return OptionHelper.substVars(value, this);
      } catch (ScanException | IllegalArgumentException e) {
        return value; // reading the configuration reports it
      }
    }

    private @Nullable URL location(Map<String, String> attributes) {
      try {
        String file = attributes.get("file");
        if (file != null) {
          return new File(substitute(file)).toURI().toURL();
        }
        String url = attributes.get("url");
        if (url != null) {
          return URI.create(substitute(url)).toURL();
        }
        String resource = attributes.get("resource");
        return resource == null ? null : Loader.getResource(substitute(resource), loader);
      } catch (MalformedURLException | IllegalArgumentException e) {
        return null; // reading the configuration reports it
      }
    }

    @Override
    public @Nullable String getProperty(String key) {
      String own = defined.get(key);
      if (own != null) {
        return own;
      }
      variable(key);
      return lookup.apply(key);
    }

    @Override
    public void addSubstitutionProperty(String key, String value) {
      defined.put(key, value);
    }

    @Override
    public Map<String, String> getCopyOfPropertyMap() {
      return Map.copyOf(defined);
    }
  }

  /** Without the cache of URL connections, which keeps a jar open. */
  private static byte[] bytes(URL file) throws IOException {
    URLConnection connection = file.openConnection();
    connection.setUseCaches(false);
    try (InputStream in = connection.getInputStream()) {
      return in.readAllBytes();
    }
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /**
   * The value of a system property or else an environment variable, as Logback looks it up. The JDK
   * keeps its own environment closed in a restored process, where the restore knows better.
   */
  private static @Nullable String variable(String name) {
    String property = System.getProperty(name);
    if (property != null) {
      return property;
    }
    Optional<RestoreInfo> restore = RestoreInfo.latest();
    return restore.isPresent() ? restore.get().environment().get(name) : System.getenv(name);
  }
}
