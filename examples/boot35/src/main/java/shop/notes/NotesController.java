/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.notes;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
class NotesController {

  private static final Logger LOG = LoggerFactory.getLogger(NotesController.class);

  private final JdbcClient jdbc;

  NotesController(JdbcClient jdbc) {
    this.jdbc = jdbc;
  }

  @GetMapping("/count")
  Count count() {
    return new Count(jdbc.sql("select count(*) from notes").query(Long.class).single());
  }

  @PostMapping("/notes")
  @ResponseStatus(HttpStatus.CREATED)
  Note create(@RequestBody NewNote note) {
    if (note.text() == null || note.text().isBlank()) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "A note has a text");
    }
    long id =
        jdbc.sql("insert into notes (text) values (:text) returning id")
            .param("text", note.text())
            .query(Long.class)
            .single();
    LOG.info("note created id={}", id);
    return new Note(id, note.text());
  }

  record Count(long count) {}

  record NewNote(String text) {}

  record Note(long id, String text) {}
}
