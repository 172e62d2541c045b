/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.environment;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;
import org.springframework.util.ResourceUtils;
import org.springframework.util.StringUtils;

/**
 * The files that Spring Boot looks for when it reads an application's configuration, those that
 * exist and those that do not, each with a digest of its content. Where none of them differs, Boot
 * would find what it found. Contents are compared, not times or sizes.
 *
 * <p>Boot finds them through this as its {@link ResourceLoader}. A digest is taken when Boot asks
 * for a file, which is before it reads it: a file that changes meanwhile is read once more, not
 * missed.
 */
final class ConfigurationFilesRead implements ResourceLoader {

  private static final String ABSENT = "absent";
  private static final String FOLDER = "folder";

  /** The one location of Boot's own that stands for all folders in it. */
  private static final String FOLDERS = "file:./config/";

  private static final int MAX_ENTRIES = 1_000;

  private final @Nullable ClassLoader loader = ClassUtils.getDefaultClassLoader();
  private final ResourceLoader files = new DefaultResourceLoader(loader);
  private final Map<String, String> digests = new LinkedHashMap<>();
  private final boolean isTrial;
  private boolean comparable = true;

  /** Null where the whole class path has to be looked at. */
  private @Nullable ClassPathFolders folders;

  /** What of {@link #digests} on the class path may have come from, or hide, what is in these. */
  private final Map<String, String> inFolders = new HashMap<>();

  /** In a trial nothing is read whose content could not be compared afterwards. */
  ConfigurationFilesRead(boolean isTrial) {
    this.isTrial = isTrial;
  }

  /**
   * The resource, whose digest is taken.
   *
   * @throws IllegalStateException in a trial, if it has none, as a pipe or what a server gives
   */
  @Override
  public Resource getResource(String location) {
    Resource resource = files.getResource(location);
    if (comparable && !digests.containsKey(location)) {
      String digest = digest(location, resource);
      if (digest == null) {
        comparable = false;
        if (isTrial) {
          throw new IllegalStateException(location + " cannot be compared");
        }
      } else {
        digests.put(location, digest);
      }
    }
    return resource;
  }

  @Override
  public @Nullable ClassLoader getClassLoader() {
    return loader;
  }

  /**
   * Called on the way down: whether what was looked for on the class path is as it was then. From
   * now on {@link #areUnchanged} looks for it in the class path's folders only, if that is enough.
   */
  boolean isClassPathUnchanged() {
    inFolders.clear();
    folders = ClassPathFolders.of(loader).orElse(null);
    for (String location : digests.keySet()) {
      if (isOnClassPath(location)) {
        if (!isSame(location)) {
          return false;
        }
        String digest = folders == null ? null : digestInFolders(location, folders);
        if (digest == null) {
          folders = null;
        } else {
          inFolders.put(location, digest);
        }
      }
    }
    return true;
  }

  /** Whether all that was looked for is as it was then; false where that cannot be found out. */
  boolean areUnchanged() {
    ClassPathFolders looked = folders;
    return comparable
        && !digests.isEmpty()
        // On the class path of another loader there are other files.
        && loader == ClassUtils.getDefaultClassLoader()
        && digests.keySet().stream()
            .allMatch(
                location ->
                    looked != null && isOnClassPath(location)
                        ? Objects.equals(inFolders.get(location), digestInFolders(location, looked))
                        : isSame(location));
  }

  private boolean isSame(String location) {
    return Objects.equals(digests.get(location), digest(location, files.getResource(location)));
  }

  private static boolean isOnClassPath(String location) {
    return location.startsWith(ResourceUtils.CLASSPATH_URL_PREFIX);
  }

  private static @Nullable String digestInFolders(String location, ClassPathFolders folders) {
    String path = location.substring(ResourceUtils.CLASSPATH_URL_PREFIX.length());
    StringBuilder digests = new StringBuilder();
    for (File place : folders.places(StringUtils.cleanPath(path))) {
      String digest = digest(location, new FileSystemResource(place));
      if (digest == null) {
        return null;
      }
      digests.append(digest).append('\n');
    }
    return digests.toString();
  }

  /** Null where the content cannot be told. */
  private static @Nullable String digest(String location, Resource resource) {
    try {
      if (resource.isFile()) {
        File file = resource.getFile();
        if (file.isDirectory()) {
          return location.equals(FOLDERS) ? folders(file) : FOLDER;
        }
        // Of a pipe what is read is gone.
        return file.isFile()
            ? digest(Files.readAllBytes(file.toPath()))
            : file.exists() ? null : ABSENT;
      }
      if (!resource.exists()) {
        return isOnClassPath(location) ? ABSENT : null;
      }
      if (!ResourceUtils.isJarURL(resource.getURL())) {
        return null; // it comes from somewhere else, such as a server
      }
      try (InputStream content = resource.getInputStream()) {
        return digest(content.readAllBytes());
      }
    } catch (IOException e) {
      return null; // whoever reads it says why that is not possible
    }
  }

  /** Of what is in the folders of a folder. */
  private static @Nullable String folders(File parent) throws IOException {
    StringBuilder contents = new StringBuilder(FOLDER);
    int entries = 0;
    for (File folder : sorted(parent.listFiles(File::isDirectory))) {
      contents.append('\n').append(folder.getName());
      for (File file : sorted(folder.listFiles(File::isFile))) {
        if (++entries > MAX_ENTRIES) {
          return null;
        }
        contents.append('\n').append(file.getName());
        contents.append(' ').append(digest(Files.readAllBytes(file.toPath())));
      }
    }
    return digest(contents.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static File[] sorted(File @Nullable [] files) {
    File[] sorted = files == null ? new File[0] : files;
    Arrays.sort(sorted, Comparator.comparing(File::getName));
    return sorted;
  }

  private static String digest(byte[] content) {
    return HexFormat.of().formatHex(EnvironmentState.sha256().digest(content));
  }
}
