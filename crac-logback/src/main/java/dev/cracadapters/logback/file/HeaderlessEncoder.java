/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.logback.file;

import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;

/**
 * An appender's encoder without header and footer, for the moment in which its file is opened
 * again: opening writes a header, but a file that goes on has one. Events that other threads encode
 * at that moment are not affected.
 */
final class HeaderlessEncoder<E> extends EncoderBase<E> {

  private static final byte[] NOTHING = {};

  private final Encoder<E> encoder;

  HeaderlessEncoder(Encoder<E> encoder) {
    this.encoder = encoder;
  }

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(E event) {
    return encoder.encode(event);
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
