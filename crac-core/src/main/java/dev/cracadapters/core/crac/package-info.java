/**
 * The implementation of {@code org.crac} for JDKs that have none. {@code org.crac.Core} finds it by
 * the system property {@code org.crac.Core.Compat}, which names this package, and by the names of
 * its classes, which therefore cannot be others. Existing code that uses {@code org.crac}, and
 * Spring's own support, so reach the coordinator's walk on a stock JDK as they do on a CRaC JDK.
 * Nobody calls these types but {@code org.crac} itself.
 */
@NullMarked
package dev.cracadapters.core.crac;

import org.jspecify.annotations.NullMarked;
