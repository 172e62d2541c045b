/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.security.CodeSource;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fields and methods of a library that have no public way in. An adapter looks all of them up
 * once, in groups, when the application starts; a missing one never ends that start:
 *
 * <ul>
 *   <li>A {@link #required} group that is incomplete turns the adapter off. One WARN says so, and
 *       {@link InternalGroup#get} refuses every checkpoint.
 *   <li>An {@link #optional} group that is incomplete turns one feature off, with one WARN.
 * </ul>
 *
 * <p>A group is a class whose constructor looks its members up:
 *
 * <pre>{@code
 * private static final LibraryInternals HIKARI =
 *     LibraryInternals.of("HikariCP", HikariPool.class, "crac-hikari");
 * private static final InternalGroup<PoolAccess> POOL = HIKARI.required(PoolAccess::new);
 *
 * private final InternalField<ConcurrentBag<?>> bag =
 *     HIKARI.field(HikariPool.class, "connectionBag", ConcurrentBag.class);
 * }</pre>
 *
 * <p>A library's members are opened by {@code setAccessible}. Those of the JDK need no option on
 * the command line, and print no warning: {@link #trustedLookup} opens them.
 */
public final class LibraryInternals {

  /**
   * The option that lets {@link #trustedLookup} through where the JDK has closed its other way, on
   * the class path.
   */
  public static final String TRUSTED_LOOKUP_OPTION =
      "--add-opens java.base/java.lang.invoke=ALL-UNNAMED";

  private static final Logger LOG = LoggerFactory.getLogger(LibraryInternals.class);
  private static final Pattern VERSION_IN_JAR_NAME = Pattern.compile(".*-(\\d[^/!]*)\\.jar.*");

  private final String library;
  private final Class<?> anchor;
  private final String adapter;
  private final boolean isJdk;

  private LibraryInternals(String library, Class<?> anchor, String adapter, boolean isJdk) {
    this.library = library;
    this.anchor = anchor;
    this.adapter = adapter;
    this.isJdk = isJdk;
  }

  /**
   * {@return what looks up the members of a library}
   *
   * @param library its name, for messages: "HikariCP"
   * @param anchor a class of it, which tells its version and its class loader
   * @param adapter who needs them, for messages: "crac-hikari"
   */
  public static LibraryInternals of(String library, Class<?> anchor, String adapter) {
    return new LibraryInternals(library, anchor, adapter, false);
  }

  /**
   * {@return what looks up the members of the JDK}
   *
   * @param adapter who needs them, for messages
   */
  public static LibraryInternals ofJdk(String adapter) {
    return new LibraryInternals("JDK", Object.class, adapter, true);
  }

  /**
   * {@return a lookup that may see all of the JDK's classes, which its user keeps to itself} {@code
   * sun.reflect.ReflectionFactory}, which the module {@code jdk.unsupported} exports to everyone,
   * makes any constructor callable, here that of such a lookup. {@code sun.misc.Unsafe} would do as
   * well, but prints a warning from JDK 24 on (JEP 498).
   *
   * @throws ReflectiveOperationException if this JDK gives none without {@link
   *     #TRUSTED_LOOKUP_OPTION}
   */
  public static MethodHandles.Lookup trustedLookup() throws ReflectiveOperationException {
    return TrustedAccess.require();
  }

  /** {@return the library's version as its jar tells it, or "of unknown version"} */
  public String version() {
    if (isJdk) {
      return System.getProperty("java.vm.version");
    }
    String version = anchor.getPackage().getImplementationVersion();
    if (version != null) {
      return version;
    }
    CodeSource source = anchor.getProtectionDomain().getCodeSource();
    Matcher jar =
        VERSION_IN_JAR_NAME.matcher(source == null ? "" : String.valueOf(source.getLocation()));
    return jar.matches() ? jar.group(1) : "of unknown version";
  }

  /**
   * {@return the members that the adapter cannot do without; if one is missing, a group that
   * refuses, after a WARN}
   *
   * @param lookUp finds all of them, or throws {@link UnsupportedLibraryException}
   * @param <G> the class that holds them
   */
  public <G> InternalGroup<G> required(Supplier<G> lookUp) {
    return group(lookUp, "is turned off and refuses every checkpoint");
  }

  /**
   * {@return the members that one feature needs; if one is missing, an empty group, after a WARN}
   *
   * @param feature what is turned off if one is missing: "renaming log files at a restore"
   * @param lookUp finds all of them, or throws {@link UnsupportedLibraryException}
   * @param <G> the class that holds them
   */
  public <G> InternalGroup<G> optional(String feature, Supplier<G> lookUp) {
    return group(lookUp, "turns " + feature + " off");
  }

  private <G> InternalGroup<G> group(Supplier<G> lookUp, String consequence) {
    UnsupportedLibraryException reason;
    try {
      return new InternalGroup<>(lookUp.get(), null);
    } catch (UnsupportedLibraryException e) {
      reason = e;
    } catch (LinkageError e) { // a class that the group names, or its static fields
      reason =
          e.getCause() instanceof UnsupportedLibraryException unsupported
              ? unsupported
              : missing(String.valueOf(e.getMessage()), e);
    }
    LOG.warn("{} {}. {}", adapter, consequence, reason.getMessage());
    return new InternalGroup<>(null, reason);
  }

  /**
   * {@return a class that cannot be named in the source; it is not initialized}
   *
   * @throws UnsupportedLibraryException if the library does not have it
   */
  public Class<?> type(String name) {
    return findType(name).orElseThrow(() -> missing(name, null));
  }

  /**
   * {@return a class that not every version has, empty where this one does not; it is not
   * initialized}
   */
  public Optional<Class<?>> findType(String name) {
    try {
      ClassLoader loader = anchor.getClassLoader();
      return Optional.of(
          Class.forName(name, false, loader == null ? ClassLoader.getSystemClassLoader() : loader));
    } catch (ClassNotFoundException | LinkageError e) {
      return Optional.empty();
    }
  }

  /**
   * {@return a field of any type that a class declares, or one above it, open}
   *
   * @throws UnsupportedLibraryException if there is none, or it cannot be opened
   */
  public InternalField<Object> field(Class<?> owner, String name) {
    return internal(openField(owner, name));
  }

  /**
   * {@return a field whose type is known, that a class declares, or one above it, open}
   *
   * @param type what the field's own type must be assignable to; {@code int.class} for an {@code
   *     int}
   * @param <T> the type of its values
   * @throws UnsupportedLibraryException if there is none, it is of another type, or it cannot be
   *     opened
   */
  public <T> InternalField<T> field(Class<?> owner, String name, Class<? super T> type) {
    Field field = openField(owner, name);
    if (!type.isAssignableFrom(field.getType())) {
      throw unsupported(
          "%s is a %s, not a %s"
              .formatted(describe(field), field.getType().getName(), type.getName()),
          null);
    }
    return internal(field);
  }

  /**
   * A final field of the JDK is read by a handle: who asks the field itself has JDK 26 prepare the
   * writing of it as well, of which it prints a warning (JEP 500).
   */
  private <T> InternalField<T> internal(Field field) {
    boolean isGuarded = isJdk && Modifier.isFinal(field.getModifiers());
    return new InternalField<>(this, field, isGuarded ? TrustedAccess.reader(field) : null);
  }

  private Field openField(Class<?> owner, String name) {
    return open(
        findField(owner, name)
            .orElseThrow(() -> missing(owner.getSimpleName() + '.' + name, null)));
  }

  /**
   * {@return whether a class of this version declares a field, or one above it; it may be closed}
   */
  public boolean hasField(Class<?> owner, String name) {
    return findField(owner, name).isPresent();
  }

  private Optional<Field> findField(Class<?> owner, String name) {
    for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
      for (Field field : declaredFields(type)) {
        if (field.getName().equals(name)) {
          return Optional.of(field);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * {@return the fields that a class itself declares, not open; of a class of the JDK also those
   * that reflection hides}
   *
   * @throws UnsupportedLibraryException if the JDK does not show them
   */
  public Field[] declaredFields(Class<?> type) {
    if (!isJdk) {
      return type.getDeclaredFields();
    }
    try {
      return (Field[]) TrustedAccess.DECLARED_FIELDS.invokeExact(type, false);
    } catch (Throwable e) {
      throw missing("the fields of " + type.getName(), e);
    }
  }

  /**
   * {@return a method that a class declares, or one above it, open}
   *
   * @throws UnsupportedLibraryException if there is none, or it cannot be opened
   */
  public InternalMethod method(Class<?> owner, String name, Class<?>... parameters) {
    Method method =
        InternalMethod.find(owner, name, parameters)
            .orElseThrow(() -> missing(owner.getSimpleName() + '.' + name + "()", null));
    return new InternalMethod(this, open(method));
  }

  /**
   * {@return whether a class of this version declares a method, or one above it; it may be closed}
   */
  public boolean hasMethod(Class<?> owner, String name, Class<?>... parameters) {
    return InternalMethod.find(owner, name, parameters).isPresent();
  }

  /**
   * {@return a member, opened, that was found otherwise, such as one of {@link #declaredFields}}
   *
   * @param <M> its kind
   * @throws UnsupportedLibraryException if it cannot be opened
   */
  public <M extends AccessibleObject & Member> M open(M member) {
    try {
      if (isJdk) {
        boolean opened =
            (boolean) TrustedAccess.SET_ACCESSIBLE.invokeExact((AccessibleObject) member, true);
        assert opened;
      } else {
        member.setAccessible(true);
      }
      return member;
    } catch (InaccessibleObjectException e) { // a library on the module path
      Class<?> owner = member.getDeclaringClass();
      Module own = LibraryInternals.class.getModule();
      throw new UnsupportedLibraryException(
          adapter,
          "%s %s keeps %s closed".formatted(library, version(), describe(member)),
          "Start Java with --add-opens %s/%s=%s"
              .formatted(
                  owner.getModule().getName(),
                  owner.getPackageName(),
                  own.isNamed() ? own.getName() : "ALL-UNNAMED"),
          e);
    } catch (Throwable e) {
      throw missing(describe(member), e);
    }
  }

  /**
   * {@return the exception for a member that was looked for by other means}
   *
   * @param what the member, or what else the library lacks
   * @param cause why, or null
   */
  public UnsupportedLibraryException missing(String what, @Nullable Throwable cause) {
    Throwable reason = cause == null && isJdk ? TrustedAccess.WHY_NOT : cause;
    return unsupported((reason == null ? "there is no " : "there is no access to ") + what, reason);
  }

  private UnsupportedLibraryException unsupported(String why, @Nullable Throwable cause) {
    return new UnsupportedLibraryException(
        adapter,
        "%s %s is not supported: %s".formatted(library, version(), why),
        "Use a version that the README of %s lists".formatted(adapter),
        cause);
  }

  static String describe(Member member) {
    String name = member.getDeclaringClass().getSimpleName() + '.' + member.getName();
    return member instanceof Method ? name + "()" : name;
  }
}
