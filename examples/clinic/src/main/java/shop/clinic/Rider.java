/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package shop.clinic;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.Table;
import java.util.List;

/** Who brings bikes. */
@Entity
@Table(name = "riders")
public class Rider {

  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private Long id;

  private String name;
  private String street;
  private String phone;

  @OneToMany(mappedBy = "rider", cascade = CascadeType.ALL)
  @OrderBy("name")
  private List<Bike> bikes;

  protected Rider() {}

  public Long getId() {
    return id;
  }

  public String getName() {
    return name;
  }

  public String getStreet() {
    return street;
  }

  public String getPhone() {
    return phone;
  }

  public List<Bike> getBikes() {
    return bikes;
  }
}
