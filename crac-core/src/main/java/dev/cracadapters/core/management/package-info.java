/** The coordinator as JMX sees it. Internal to crac-core. */
@NullMarked
package dev.cracadapters.core.management;

import org.jspecify.annotations.NullMarked;
