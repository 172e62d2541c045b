/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

/**
 * A range of the process's memory, or of a memory file, of which the image has so many bytes. The
 * name is that of the file that it maps, or empty.
 */
record Region(Kind kind, String name, long start, long end, long bytes) {

  /** Kinds of memory, in the order of the output. */
  enum Kind {
    HEAP("heap"),
    METASPACE("metaspace"),
    CODE_CACHE("code cache"),
    COLLECTOR_TABLES("collector tables"),
    NATIVE_HEAP("native heap"),
    SHARED_CLASSES("shared classes"),
    LIBRARIES("libraries"),
    OTHER_FILES("other files"),
    THREAD_STACKS("thread stacks"),
    OTHER("other");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    /** The name in JSON. */
    String key() {
      String[] parts = label.split(" ");
      return parts.length == 1
          ? parts[0]
          : parts[0] + Character.toUpperCase(parts[1].charAt(0)) + parts[1].substring(1);
    }
  }
}
