/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The sizes of packages and files, and the arrows between modules, on the main code of each. */
class ModulesTest {

  private static final int MAX_CLASSES_IN_PACKAGE = 25;
  private static final int MAX_LINES_IN_FILE = 350;

  /** The packages of crac-core that others use: it is what adapters and engines are made of. */
  private static final Set<String> PUBLIC_IN_CORE =
      Set.of("audit", "crac", "engine", "listen", "support").stream()
          .map("dev.cracadapters.core."::concat)
          .collect(Collectors.toUnmodifiableSet());

  private static final List<Module> MODULES = Module.all();

  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes = new ClassFileImporter().importPaths(MODULES.stream().map(Module::classes).toList());
    assertThat(MODULES)
        .hasSizeGreaterThanOrEqualTo(8)
        .allSatisfy(module -> assertThat(classesOf(module)).isNotEmpty());
  }

  private static List<JavaClass> classesOf(Module module) {
    return classes.stream().filter(each -> module.holds(each.getPackageName())).toList();
  }

  @Test
  @DisplayName("crac-core knows org.crac and SLF4J, and nothing else beside the JDK")
  void coreKnowsNobody() {
    classes()
        .that()
        .resideInAPackage("dev.cracadapters.core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.cracadapters.core..",
            "org.crac..",
            "org.slf4j..",
            "org.jspecify.annotations..",
            "java..",
            "javax..",
            "jdk..",
            "sun..",
            "com.sun..")
        .check(classes);
  }

  @Test
  @DisplayName("An adapter knows crac-core, and no other adapter")
  void adaptersDoNotKnowEachOther() {
    for (Module adapter : MODULES) {
      if (!adapter.is("core") && !adapter.is("spring")) {
        String[] others =
            MODULES.stream()
                .filter(other -> !other.equals(adapter) && !other.is("core"))
                .map(Module::packages)
                .toArray(String[]::new);
        noClasses()
            .that()
            .resideInAPackage(adapter.packages())
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(others)
            .check(classes);
      }
    }
  }

  @Test
  @DisplayName("Nothing knows crac-spring")
  void nothingKnowsSpring() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.cracadapters.spring..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.cracadapters.spring..")
        .check(classes);
  }

  @Test
  @DisplayName("Between the packages behind a module's first one the arrows go in one direction")
  void packagesHaveNoCycles() {
    for (Module module : MODULES) {
      slices()
          .matching(module.face() + ".(*)..")
          .should()
          .beFreeOfCycles()
          .allowEmptyShould(true)
          .check(classes);
    }
  }

  @Test
  @DisplayName("What is internal to a module is used by that module alone")
  void internalsStayInside() {
    List<String> uses = new ArrayList<>();
    for (JavaClass user : classes) {
      for (Dependency use : user.getDirectDependenciesFromSelf()) {
        String used = use.getTargetClass().getPackageName();
        for (Module module : MODULES) {
          if (module.holds(used)
              && !module.holds(user.getPackageName())
              && !used.equals(module.face())
              && !PUBLIC_IN_CORE.contains(used)) {
            uses.add(use.getDescription());
          }
        }
      }
    }
    assertThat(uses).isEmpty();
  }

  @Test
  @DisplayName("No package has more than 25 classes")
  void packagesAreSmall() {
    Map<Path, Long> sizes =
        sources()
            .filter(source -> !source.endsWith("package-info.java"))
            .collect(Collectors.groupingBy(Path::getParent, TreeMap::new, Collectors.counting()));
    sizes.values().removeIf(size -> size <= MAX_CLASSES_IN_PACKAGE);
    assertThat(sizes).isEmpty();
  }

  @Test
  @DisplayName("Each package says what it is for")
  void packagesAreDescribed() {
    assertThat(sources().map(Path::getParent).distinct())
        .filteredOn(folder -> !Files.exists(folder.resolve("package-info.java")))
        .isEmpty();
  }

  @Test
  @DisplayName("No file of main code has more than 350 lines")
  void filesAreShort() throws IOException {
    Map<Path, Long> tooLong = new TreeMap<>();
    for (Path source : sources().toList()) {
      try (Stream<String> lines = Files.lines(source)) {
        tooLong.put(source, lines.count());
      }
    }
    tooLong.values().removeIf(lines -> lines <= MAX_LINES_IN_FILE);
    assertThat(tooLong).isEmpty();
  }

  private static Stream<Path> sources() {
    return MODULES.stream().flatMap(module -> module.sources().stream());
  }
}
