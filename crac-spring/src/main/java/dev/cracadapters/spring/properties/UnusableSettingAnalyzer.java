/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Has Spring Boot say in one line what ends the start, and leave the stack trace out. */
final class UnusableSettingAnalyzer extends AbstractFailureAnalyzer<UnusableSettingException> {

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, UnusableSettingException cause) {
    return new FailureAnalysis(cause.getMessage(), "Correct its value.", rootFailure);
  }
}
