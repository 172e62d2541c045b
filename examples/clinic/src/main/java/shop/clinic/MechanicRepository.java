/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import java.util.List;
import org.springframework.data.jpa.repository.EntityGraph;
import org.springframework.data.jpa.repository.JpaRepository;

interface MechanicRepository extends JpaRepository<Mechanic, Long> {

  @EntityGraph(attributePaths = "kinds")
  List<Mechanic> findAllByOrderByName();
}
