/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import java.util.Optional;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.jpa.repository.JpaRepository;

interface RiderRepository extends JpaRepository<Rider, Long> {

  Page<Rider> findByNameStartingWithIgnoreCaseOrderByName(String beginning, Pageable page);

  @EntityGraph(attributePaths = {"bikes", "bikes.kind"})
  Optional<Rider> findWithBikesById(Long id);
}
