/** Has something thrown at every step of an adapter's way down and up. */
package dev.cracadapters.criu.testing.fault;
