/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * CRIU's {@code pagemap-PID.img}: which pages of the process are in which file, one after the
 * other. The numbers are those of CRIU's {@code images/pagemap.proto}.
 */
final class PageMap {

  private static final int PAGES_FILE = 1;
  private static final int ADDRESS = 1;
  private static final int FEW_PAGES = 2;
  private static final int IN_PARENT = 3;
  private static final int FLAGS = 4;
  private static final int PAGES = 5;
  private static final int PRESENT = 4;

  private final List<Message> messages;
  private final int pageSize;

  private PageMap(List<Message> messages, int pageSize) {
    this.messages = messages;
    this.pageSize = pageSize;
  }

  static PageMap read(Path file) throws IOException {
    List<Message> messages = Message.read(file);
    if (messages.isEmpty()) {
      throw new IOException(file + " is empty");
    }
    for (Message entry : messages.subList(1, messages.size())) {
      if (!isPresent(entry)) {
        throw new IOException(file + " leaves pages to another image");
      }
    }
    PageMap unsized = new PageMap(messages, 1);
    long count = unsized.extents().stream().mapToLong(one -> one.range().bytes()).sum();
    long bytes = Files.size(file.resolveSibling(unsized.pagesFile()));
    if (count == 0 || bytes % count != 0) {
      throw new IOException("%s tells of %d pages in %d bytes".formatted(file, count, bytes));
    }
    return new PageMap(messages, Math.toIntExact(bytes / count));
  }

  /** Before CRIU had flags each entry that is not in a parent image was present. */
  private static boolean isPresent(Message entry) {
    return entry.has(FLAGS) ? (entry.number(FLAGS) & PRESENT) != 0 : entry.number(IN_PARENT) == 0;
  }

  int pageSize() {
    return pageSize;
  }

  String pagesFile() {
    return "pages-" + messages.get(0).number(PAGES_FILE) + ".img";
  }

  /** What is in the file of pages, by its addresses. */
  List<Extent> extents() {
    List<Extent> extents = new ArrayList<>();
    long offset = 0;
    for (Message entry : messages.subList(1, messages.size())) {
      long start = entry.number(ADDRESS);
      long bytes = entry.number(entry.has(PAGES) ? PAGES : FEW_PAGES) * pageSize;
      extents.add(new Extent(new Range(start, start + bytes), offset));
      offset += bytes;
    }
    return extents;
  }

  /** The map of other pages in a file of the same name. */
  List<Message> of(List<Range> pages) {
    List<Message> map = new ArrayList<>(List.of(messages.get(0)));
    Message one = messages.get(1);
    for (Range range : pages) {
      long count = range.bytes() / pageSize;
      Message entry = one.with(ADDRESS, range.start());
      entry = entry.number(FEW_PAGES) == 0 ? entry : entry.with(FEW_PAGES, count);
      map.add(entry.has(PAGES) ? entry.with(PAGES, count) : entry.with(FEW_PAGES, count));
    }
    return map;
  }
}
