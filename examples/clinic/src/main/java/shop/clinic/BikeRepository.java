/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import org.springframework.data.jpa.repository.JpaRepository;

interface BikeRepository extends JpaRepository<Bike, Long> {}
