/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes files of CRIU's, and knows its list of files that a process has. */
final class ImageFiles {

  private static final int HEAD = 8;

  private static final int FILE_TYPE = 1;
  private static final int FILE_ID = 2;
  private static final int REGULAR = 3;
  private static final int REGULAR_ID = 1;
  private static final int OPENED = 2;
  private static final int POSITION = 3;
  private static final int OWNER = 5;
  private static final int NAME = 6;
  private static final int LAST_OWNER_FIELD = 5;
  private static final int TYPE_REGULAR = 1;

  private ImageFiles() {}

  /** Writes a file with the magic numbers of another one. */
  static void write(Path file, Path like, List<Message> messages) throws IOException {
    byte[] head;
    try (InputStream input = Files.newInputStream(like)) {
      head = input.readNBytes(HEAD);
    }
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(head);
      append(out, messages);
    }
  }

  static void append(OutputStream out, List<Message> messages) throws IOException {
    for (Message message : messages) {
      byte[] bytes = message.bytes();
      out.write(Message.little(bytes.length, Integer.BYTES));
      out.write(bytes);
    }
  }

  static long highestId(List<Message> files) {
    return files.stream().mapToLong(file -> file.number(FILE_ID)).max().orElse(0);
  }

  /** The numbers of the regular files of a name. */
  static List<Long> ids(List<Message> files, String name) throws IOException {
    List<Long> ids = new java.util.ArrayList<>();
    for (Message file : files) {
      for (Message regular : file.messages(REGULAR)) {
        if (regular.text(NAME).equals(name)) {
          ids.add(regular.number(REGULAR_ID));
        }
      }
    }
    return ids;
  }

  /** A regular file that is open for reading, and that nobody is sent a signal about. */
  static Message regular(long id, String name) throws IOException {
    Message owner = Message.empty();
    for (int field = 1; field <= LAST_OWNER_FIELD; field++) {
      owner = owner.with(field, 0);
    }
    Message regular =
        Message.empty()
            .with(REGULAR_ID, id)
            .with(OPENED, 0)
            .with(POSITION, 0)
            .with(OWNER, List.of(owner))
            .with(NAME, name.getBytes(StandardCharsets.UTF_8));
    return Message.empty()
        .with(FILE_TYPE, TYPE_REGULAR)
        .with(FILE_ID, id)
        .with(REGULAR, List.of(regular));
  }
}
