/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.core.support;

import dev.cracadapters.core.Deadline;
import dev.cracadapters.core.RefusedException;
import java.time.Duration;
import java.util.List;

/**
 * The end of what a library has in hand at a checkpoint: requests, connections. Nothing new comes
 * in; what is there comes to its end within a time-out; what does not is named and cut, or else the
 * checkpoint is refused. The adapter brings the library's own part as a {@link Source}.
 *
 * <p>Its time begins with its construction. Used by one thread.
 */
public final class Drain {

  /** What an adapter knows about its library. All methods are called on the draining thread. */
  public interface Source {

    /**
     * Lets nothing new in.
     *
     * @throws RefusedException if that is not possible
     */
    void stopAccepting() throws RefusedException, InterruptedException;

    /**
     * Moves everything on by what can be done now, without waiting for it. Called every few
     * milliseconds.
     *
     * @return whether everything has ended
     * @throws RefusedException if something is in the way for good
     */
    boolean advance() throws RefusedException, InterruptedException;

    /**
     * Closes, without any more patience, what can be closed without a loss. Called when the time is
     * over.
     *
     * @return what is left, the oldest first; empty if going on loses nothing
     * @throws RefusedException if one of them calls for a refusal of its own
     */
    List<Unfinished> closeIdle() throws RefusedException, InterruptedException;

    /**
     * Ends by force what {@link #closeIdle} has returned, where the settings say so.
     *
     * @return false if they do not, which refuses the checkpoint
     * @throws RefusedException if it cannot be ended
     */
    default boolean cut() throws RefusedException, InterruptedException {
      return false;
    }
  }

  /**
   * The words of a refusal.
   *
   * @param resource what is drained: {@code jetty 0.0.0.0:8080}
   * @param noun what is counted, in the singular; an "s" makes the plural: {@code request}
   * @param state what it still is: {@code in flight}
   * @param remedy what the user can do, without a full stop
   */
  public record Wording(String resource, String noun, String state, String remedy) {}

  private final Source source;
  private final Wording wording;
  private final Duration timeout;
  private final Deadline deadline;

  /**
   * A drain whose time begins now.
   *
   * @param source what is drained
   * @param wording how a refusal names it
   * @param timeout how long everything may take to come to its end
   */
  public Drain(Source source, Wording wording, Duration timeout) {
    this.source = source;
    this.wording = wording;
    this.timeout = timeout;
    this.deadline = Deadline.after(timeout);
  }

  /** {@return the end of the time-out, the same deadline at each call} */
  public Deadline deadline() {
    return deadline;
  }

  /**
   * Stops accepting, and returns when everything has ended.
   *
   * @return false if the time is over, and what was left was closed or cut
   * @throws RefusedException if something is unfinished and may not be cut; the message names it
   */
  public boolean run() throws RefusedException, InterruptedException {
    source.stopAccepting();
    return await(deadline);
  }

  /**
   * Waits, with another end than the time-out: what is drained together ends together.
   *
   * @param until when the waiting is over
   * @return false if the time is over, and what was left was closed or cut
   * @throws RefusedException if something is unfinished and may not be cut; the message names it
   */
  public boolean await(Deadline until) throws RefusedException, InterruptedException {
    if (until.await(source::advance)) {
      return true;
    }
    List<Unfinished> left = source.closeIdle();
    if (!left.isEmpty() && !source.cut()) {
      throw refusal(left);
    }
    return false;
  }

  private RefusedException refusal(List<Unfinished> left) {
    String count =
        left.size() == 1
            ? "1 " + wording.noun() + " is"
            : left.size() + " " + wording.noun() + "s are";
    String names = Unfinished.describe(left);
    return new RefusedException(
        wording.resource(),
        "%s still %s after %s%s%s"
            .formatted(
                count,
                wording.state(),
                seconds(timeout),
                names.startsWith("\n") ? "" : ": ",
                names),
        wording.remedy());
  }

  /**
   * {@return a duration for a message: {@code 10 s}, or {@code 300 ms} if it is not in whole
   * seconds}
   */
  public static String seconds(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
