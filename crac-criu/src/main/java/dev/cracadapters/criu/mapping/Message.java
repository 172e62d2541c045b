/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.criu.mapping;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
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
 * is one or two magic numbers, then messages, each after its length. A message does not change:
 * what edits it makes another one, in which all that it does not know is as it was.
 */
public final class Message {

  private static final int COMMON_MAGIC = 0x54564319;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;
  private static final int LONGEST_VARINT = 63;

  private record Field(int number, int type, long value, byte[] bytes) {

    Field(int number, int type, long value) {
      this(number, type, value, new byte[0]);
    }
  }

  private final List<Field> fields;

  private Message(List<Field> fields) {
    this.fields = fields;
  }

  /** One without fields. */
  static Message empty() {
    return new Message(List.of());
  }

  private static Message of(byte[] bytes) throws IOException {
    List<Field> fields = new ArrayList<>();
    ByteBuffer rest = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (rest.hasRemaining()) {
        long key = varint(rest);
        int number = (int) (key >>> 3);
        int type = (int) key & 7;
        fields.add(
            switch (type) {
              case VARINT -> new Field(number, type, varint(rest));
              case FIXED64 -> new Field(number, type, rest.getLong());
              case FIXED32 -> new Field(number, type, rest.getInt() & 0xFFFFFFFFL);
              case BYTES -> {
                byte[] value = new byte[Math.toIntExact(varint(rest))];
                rest.get(value);
                yield new Field(number, type, 0, value);
              }
              default -> throw new IOException("Not a message of CRIU's");
            });
      }
    } catch (RuntimeException e) { // of the buffer: it ends too early
      throw new IOException("A message is cut off", e);
    }
    return new Message(fields);
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
  public static List<Message> read(Path file) throws IOException {
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
        messages.add(of(input.readNBytes(length)));
      }
    }
  }

  private static int little(DataInputStream input) throws IOException {
    return Integer.reverseBytes(input.readInt());
  }

  private Stream<Field> all(int number) {
    return fields.stream().filter(field -> field.number == number);
  }

  public boolean has(int number) {
    return all(number).findAny().isPresent();
  }

  /** A number, 0 where it is absent. */
  public long number(int number) {
    return all(number).findFirst().map(Field::value).orElse(0L);
  }

  public String text(int number) {
    return all(number)
        .findFirst()
        .map(field -> new String(field.bytes, StandardCharsets.UTF_8))
        .orElse("");
  }

  /** The messages inside, by their number, and inside of those by the next one. */
  public List<Message> messages(int... numbers) throws IOException {
    List<Message> outer = List.of(this);
    for (int number : numbers) {
      List<Message> inner = new ArrayList<>();
      for (Message one : outer) {
        for (Field field : one.all(number).toList()) {
          inner.add(of(field.bytes));
        }
      }
      outer = inner;
    }
    return outer;
  }

  /** The same with another number in a field, which comes last where it was absent. */
  Message with(int number, long value) {
    return replaced(number, List.of(new Field(number, VARINT, value)));
  }

  Message with(int number, byte[] value) {
    return replaced(number, List.of(new Field(number, BYTES, 0, value)));
  }

  /** The same with other messages in a field, where the first one was. */
  Message with(int number, List<Message> inner) throws IOException {
    List<Field> values = new ArrayList<>();
    for (Message one : inner) {
      values.add(new Field(number, BYTES, 0, one.bytes()));
    }
    return replaced(number, values);
  }

  private Message replaced(int number, List<Field> values) {
    List<Field> edited = new ArrayList<>();
    boolean done = false;
    for (Field field : fields) {
      if (field.number != number) {
        edited.add(field);
      } else if (!done) {
        edited.addAll(values);
        done = true;
      }
    }
    if (!done) {
      edited.addAll(values);
    }
    return new Message(edited);
  }

  /** As it stands in a file, without its length. */
  byte[] bytes() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Field field : fields) {
      varint(out, (long) field.number << 3 | field.type);
      switch (field.type) {
        case VARINT -> varint(out, field.value);
        case FIXED64 -> out.write(little(field.value, Long.BYTES));
        case FIXED32 -> out.write(little(field.value, Integer.BYTES));
        default -> {
          varint(out, field.bytes.length);
          out.write(field.bytes);
        }
      }
    }
    return out.toByteArray();
  }

  /** A number that takes so many bytes, the lowest first. */
  static byte[] little(long value, int bytes) {
    byte[] array = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      array[i] = (byte) (value >>> Byte.SIZE * i);
    }
    return array;
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
