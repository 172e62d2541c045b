/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.notes;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Notes over HTTP, kept in PostgreSQL. */
@SpringBootApplication
public class NotesApplication {

  public static void main(String[] args) {
    SpringApplication.run(NotesApplication.class, args);
  }
}
