/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.command;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One protocol buffer message of CRIU's: as much of that format as its images use. A file of CRIU's
 * is one or two magic numbers, then messages, each after its length.
 */
final class Message {

  private static final int COMMON_MAGIC = 0x54564319;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;
  private static final int LONGEST_VARINT = 63;

  private record Field(int number, long value, byte[] bytes) {}

  private final List<Field> fields = new ArrayList<>();

  private Message(byte[] bytes) throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (rest.hasRemaining()) {
        long key = varint(rest);
        int number = (int) (key >>> 3);
        fields.add(
            switch ((int) key & 7) {
              case VARINT -> new Field(number, varint(rest), new byte[0]);
              case FIXED64 -> new Field(number, rest.getLong(), new byte[0]);
              case FIXED32 -> new Field(number, rest.getInt() & 0xFFFFFFFFL, new byte[0]);
              case BYTES -> {
                byte[] value = new byte[Math.toIntExact(varint(rest))];
                rest.get(value);
                yield new Field(number, 0, value);
              }
              default -> throw new IOException("Not a message of CRIU's");
            });
      }
    } catch (RuntimeException e) { // of the buffer: it ends too early
      throw new IOException("A message is cut off", e);
    }
  }

  private static long varint(ByteBuffer rest) {
    long value = 0;
    for (int shift = 0; shift <= LONGEST_VARINT; shift += 7) {
      byte next = rest.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        break;
      }
    }
    return value;
  }

  /** All messages of a file. */
  static List<Message> read(Path file) throws IOException {
    List<Message> messages = new ArrayList<>();
    if (!Files.isRegularFile(file)) { // whoever opens a FIFO waits for ever
      throw new IOException(file + " is no regular file");
    }
    long size = Files.size(file);
    try (DataInputStream input =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (little(input) == COMMON_MAGIC) {
        little(input);
      }
      while (true) {
        int length;
        try {
          length = little(input);
        } catch (EOFException e) {
          return messages;
        }
        if (length < 0 || length > size) {
          throw new IOException(file + " is not as CRIU writes it");
        }
        messages.add(new Message(input.readNBytes(length)));
      }
    }
  }

  private static int little(DataInputStream input) throws IOException {
    return Integer.reverseBytes(input.readInt());
  }

  private Stream<Field> all(int number) {
    return fields.stream().filter(field -> field.number == number);
  }

  boolean has(int number) {
    return all(number).findAny().isPresent();
  }

  /** A number, 0 where it is absent. */
  long number(int number) {
    return all(number).findFirst().map(Field::value).orElse(0L);
  }

  String text(int number) {
    return all(number)
        .findFirst()
        .map(field -> new String(field.bytes, StandardCharsets.UTF_8))
        .orElse("");
  }

  /** The messages inside, by their number, and inside of those by the next one. */
  List<Message> messages(int... numbers) throws IOException {
    List<Message> outer = List.of(this);
    for (int number : numbers) {
      List<Message> inner = new ArrayList<>();
      for (Message one : outer) {
        for (Field field : one.all(number).toList()) {
          inner.add(new Message(field.bytes));
        }
      }
      outer = inner;
    }
    return outer;
  }
}
