/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ResourceUtils;

/**
 * The folders among a class path. What a JVM finds in the jars that it has opened stays what it is:
 * it keeps their tables of contents, and an image is restored with the same jars only. So after a
 * restore the folders alone are looked at, instead of all jars for each file that none of them has.
 */
final class ClassPathFolders {

  /** Loaders of these find nothing but what is in jars and folders. */
  private static final List<String> KNOWN =
      List.of("jdk.internal.loader.", "org.springframework.boot.", "org.eclipse.jetty.");

  private final Set<File> folders;

  private ClassPathFolders(Set<File> folders) {
    this.folders = folders;
  }

  /**
   * Those of a class loader and its parents.
   *
   * @return empty where one of them may find things elsewhere
   */
  static Optional<ClassPathFolders> of(@Nullable ClassLoader loader) {
    Set<File> folders = new LinkedHashSet<>();
    try {
      for (ClassLoader each = loader; each != null; each = each.getParent()) {
        if (!isKnown(each)) {
          return Optional.empty();
        }
        if (each instanceof URLClassLoader urls) {
          for (URL url : urls.getURLs()) {
            if (url.getPath().endsWith("/") && !url.getPath().endsWith("!/")) {
              if (!isFile(url)) {
                return Optional.empty(); // a server's
              }
              folders.add(file(url)); // also one that is not there
            } else if (!isFile(url) && !ResourceUtils.isJarURL(url)) {
              return Optional.empty();
            }
          }
        }
      }
      // Those of the JDK's own loaders, and those that jars name in their manifests.
      if (loader != null) {
        for (URL url : Collections.list(loader.getResources(""))) {
          if (isFile(url)) {
            folders.add(file(url));
          }
        }
      }
    } catch (IOException | URISyntaxException | IllegalArgumentException e) {
      return Optional.empty();
    }
    return Optional.of(new ClassPathFolders(folders));
  }

  private static boolean isKnown(ClassLoader loader) {
    String name = loader.getClass().getName();
    return loader.getClass() == URLClassLoader.class || KNOWN.stream().anyMatch(name::startsWith);
  }

  private static boolean isFile(URL url) {
    return url.getProtocol().equals(ResourceUtils.URL_PROTOCOL_FILE);
  }

  private static File file(URL url) throws URISyntaxException {
    return new File(ResourceUtils.toURI(url));
  }

  /** Where a resource of this name is, or would be. */
  List<File> places(String name) {
    List<File> places = new ArrayList<>();
    folders.forEach(folder -> places.add(new File(folder, name)));
    return places;
  }
}
