/* Licensed under the Apache License, Version 2.0; see LICENSE at the root of this project. */
package dev.cracadapters.spring.properties;

import dev.cracadapters.core.CoordinatorSettings;
import dev.cracadapters.core.CoordinatorSettings.AuditMode;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The properties below {@code spring.crac}. The classes inside stand for the adapters' settings
 * without needing the adapters: each is used only when its adapter is on the class path.
 */
@ConfigurationProperties("spring.crac")
public final class CracProperties {

  /** Whether checkpoints can be taken. Nothing of CRaC Adapters has any effect without it. */
  private boolean enabled;

  /**
   * Name of the engine that takes the snapshot: criu, pause, or auto for the JDK's own CRaC where
   * there is one, else the engine on the class path.
   */
  private String engine = "auto";

  /** Folder that the image is written to. Engines that write an image need it. */
  private @Nullable String image;

  /** What may be open at the snapshot. "strict" applies a CRaC JDK's rules on every JDK. */
  private AuditMode audit = AuditMode.LENIENT;

  /**
   * File with descriptor policies in the CRaC JDK's format: what is to become of descriptors that
   * are open at a checkpoint.
   */
  private @Nullable String resourcePolicies;

  /** Time for all resources together, once for stopping and once for coming back. */
  private Duration walkTimeout = Duration.ofSeconds(60);

  /** Time for each resource, once for stopping and once for coming back. */
  private Duration resourceTimeout = Duration.ofSeconds(30);

  /**
   * Time that the lifecycle beans of one phase have for stopping. Should be below
   * "spring.crac.resource-timeout".
   */
  private Duration lifecycleTimeout = Duration.ofSeconds(20);

  /** Whether the process goes on when its image is whole, instead of ending. */
  private boolean leaveRunning;

  /** Signal that asks for a checkpoint: USR1, or USR2. None unless it is named. */
  private @Nullable String checkpointSignal;

  private final Criu criu = new Criu();

  private final Pause pause = new Pause();

  private final Logback logback = new Logback();

  private final Hikari hikari = new Hikari();

  private final Jetty jetty = new Jetty();

  private final Netty netty = new Netty();

  private final Jdk jdk = new Jdk();

  /** Properties with their defaults. */
  public CracProperties() {}

  public CoordinatorSettings coordinatorSettings() {
    return new CoordinatorSettings(
        engine,
        image == null || image.isBlank() ? null : Path.of(image.strip()),
        audit,
        walkTimeout,
        resourceTimeout);
  }

  public boolean isEnabled() {
    return enabled;
  }

  public void setEnabled(boolean enabled) {
    this.enabled = enabled;
  }

  public String getEngine() {
    return engine;
  }

  public void setEngine(String engine) {
    this.engine = engine;
  }

  public @Nullable String getImage() {
    return image;
  }

  public void setImage(@Nullable String image) {
    this.image = image;
  }

  public AuditMode getAudit() {
    return audit;
  }

  public void setAudit(AuditMode audit) {
    this.audit = audit;
  }

  public @Nullable String getResourcePolicies() {
    return resourcePolicies;
  }

  public void setResourcePolicies(@Nullable String resourcePolicies) {
    this.resourcePolicies = resourcePolicies;
  }

  public Duration getWalkTimeout() {
    return walkTimeout;
  }

  public void setWalkTimeout(Duration walkTimeout) {
    this.walkTimeout = walkTimeout;
  }

  public Duration getResourceTimeout() {
    return resourceTimeout;
  }

  public void setResourceTimeout(Duration resourceTimeout) {
    this.resourceTimeout = resourceTimeout;
  }

  public Duration getLifecycleTimeout() {
    return lifecycleTimeout;
  }

  public void setLifecycleTimeout(Duration lifecycleTimeout) {
    this.lifecycleTimeout = lifecycleTimeout;
  }

  public boolean isLeaveRunning() {
    return leaveRunning;
  }

  public void setLeaveRunning(boolean leaveRunning) {
    this.leaveRunning = leaveRunning;
  }

  public @Nullable String getCheckpointSignal() {
    return checkpointSignal;
  }

  public void setCheckpointSignal(@Nullable String checkpointSignal) {
    this.checkpointSignal = checkpointSignal;
  }

  public Criu getCriu() {
    return criu;
  }

  public Pause getPause() {
    return pause;
  }

  public Logback getLogback() {
    return logback;
  }

  public Hikari getHikari() {
    return hikari;
  }

  public Jetty getJetty() {
    return jetty;
  }

  public Netty getNetty() {
    return netty;
  }

  public Jdk getJdk() {
    return jdk;
  }

  /** For crac-criu. */
  public static final class Criu {

    /** CRIU's command: a path, or a name that is looked for in PATH. */
    private String command = "criu";

    /** Time for CRIU to dump the process. */
    private Duration dumpTimeout = Duration.ofSeconds(120);

    /** Time for CRIU at each restore of the image. */
    private Duration restoreTimeout = Duration.ofSeconds(60);

    /** Whether the heap is made small before the dump. */
    private boolean trim = true;

    Criu() {}

    public String getCommand() {
      return command;
    }

    public void setCommand(String command) {
      this.command = command;
    }

    public Duration getDumpTimeout() {
      return dumpTimeout;
    }

    public void setDumpTimeout(Duration dumpTimeout) {
      this.dumpTimeout = dumpTimeout;
    }

    public Duration getRestoreTimeout() {
      return restoreTimeout;
    }

    public void setRestoreTimeout(Duration restoreTimeout) {
      this.restoreTimeout = restoreTimeout;
    }

    public boolean isTrim() {
      return trim;
    }

    public void setTrim(boolean trim) {
      this.trim = trim;
    }
  }

  /** For the pause engine. */
  public static final class Pause {

    /** Whether the pause ends at once, or waits for something outside that takes a snapshot. */
    private Mode mode = Mode.CONTINUE;

    /**
     * With mode "external": file that is there from when everything is down until everything is
     * back. By default a file in the folder for temporary files.
     */
    private @Nullable String readyFile;

    /** With mode "external": file whose appearance ends the pause; what it says is told on. */
    private @Nullable String goFile;

    /** With mode "external": name of the signal that ends the pause, or "none". */
    private String signal = "CONT";

    /** File that is written when everything is down; whoever deletes it ends the pause. */
    private @Nullable String file;

    /** Time after which a pause that nobody ended is given up; 0 for never. */
    private Duration timeout = Duration.ofMinutes(10);

    Pause() {}

    /** What happens between down and up. */
    public enum Mode {
      /** Nothing, or what the pause file says. */
      CONTINUE,
      /** Something outside takes a snapshot. */
      EXTERNAL
    }

    public Mode getMode() {
      return mode;
    }

    public void setMode(Mode mode) {
      this.mode = mode;
    }

    public @Nullable String getReadyFile() {
      return readyFile;
    }

    public void setReadyFile(@Nullable String readyFile) {
      this.readyFile = readyFile;
    }

    public @Nullable String getGoFile() {
      return goFile;
    }

    public void setGoFile(@Nullable String goFile) {
      this.goFile = goFile;
    }

    public String getSignal() {
      return signal;
    }

    public void setSignal(String signal) {
      this.signal = signal;
    }

    public @Nullable String getFile() {
      return file;
    }

    public void setFile(@Nullable String file) {
      this.file = file;
    }

    public Duration getTimeout() {
      return timeout;
    }

    public void setTimeout(Duration timeout) {
      this.timeout = timeout;
    }
  }

  /** For crac-logback. */
  public static final class Logback {

    /** Log events kept for each closed file while it is closed. */
    private int bufferSize = 65_536;

    /** Bytes that these log events may take. */
    private int bufferBytes = 16_777_216;

    /** What happens to a log event for which there is no room. */
    private OnFull onFull = OnFull.BLOCK;

    /** Time for asynchronous queues to be written and for rolled files to be compressed. */
    private Duration drainTimeout = Duration.ofSeconds(10);

    /** What happens to a log file at a restore. */
    private OnRestore onRestore = OnRestore.APPEND;

    /** Whether Logback's configuration is read again at a restore, where it changed. */
    private boolean reload;

    Logback() {}

    /** What happens to a log event for which there is no room. */
    public enum OnFull {
      /** The thread that logs waits until the file is open again. */
      BLOCK,
      /**
       * The oldest of the events that are kept is lost; how many were is told after the restore.
       */
      DROP_OLDEST
    }

    /** What happens to a log file at a restore. */
    public enum OnRestore {
      /** It is appended to. */
      APPEND,
      /** It is rolled by the appender's own policy, and a new one begun. */
      ROTATE,
      /** Each restored process has a file of its own, with its instance's ID in the name. */
      PER_INSTANCE
    }

    public OnFull getOnFull() {
      return onFull;
    }

    public void setOnFull(OnFull onFull) {
      this.onFull = onFull;
    }

    public OnRestore getOnRestore() {
      return onRestore;
    }

    public void setOnRestore(OnRestore onRestore) {
      this.onRestore = onRestore;
    }

    public boolean isReload() {
      return reload;
    }

    public void setReload(boolean reload) {
      this.reload = reload;
    }

    public int getBufferSize() {
      return bufferSize;
    }

    public void setBufferSize(int bufferSize) {
      this.bufferSize = bufferSize;
    }

    public int getBufferBytes() {
      return bufferBytes;
    }

    public void setBufferBytes(int bufferBytes) {
      this.bufferBytes = bufferBytes;
    }

    public Duration getDrainTimeout() {
      return drainTimeout;
    }

    public void setDrainTimeout(Duration drainTimeout) {
      this.drainTimeout = drainTimeout;
    }
  }

  /** For crac-hikari. */
  public static final class Hikari {

    /** Time for borrowed connections to be given back. */
    private Duration drainTimeout = Duration.ofSeconds(10);

    /** What happens when a connection is borrowed for longer. */
    private OnTimeout onTimeout = OnTimeout.REFUSE;

    /** When connections are opened after a restore. */
    private Warm warm = Warm.AUTO;

    /** Time for connections to be opened before the service takes traffic. */
    private Duration warmTimeout = Duration.ofSeconds(5);

    /** Whether it is noted which thread borrows a connection, so that a refusal can name it. */
    private boolean trackBorrowers = true;

    Hikari() {}

    /** What happens when a connection is not given back in time. */
    public enum OnTimeout {
      /** The checkpoint is refused, naming who has the connection. */
      REFUSE,
      /** The connection is cut: its borrower sees an SQLException. */
      ABORT
    }

    /** When connections are opened after a restore. */
    public enum Warm {
      /** Eager for a pool that was given a minimum-idle. */
      AUTO,
      /** Before the service takes traffic. */
      EAGER,
      /** While the service already takes traffic. */
      BACKGROUND
    }

    public Duration getDrainTimeout() {
      return drainTimeout;
    }

    public void setDrainTimeout(Duration drainTimeout) {
      this.drainTimeout = drainTimeout;
    }

    public OnTimeout getOnTimeout() {
      return onTimeout;
    }

    public void setOnTimeout(OnTimeout onTimeout) {
      this.onTimeout = onTimeout;
    }

    public Warm getWarm() {
      return warm;
    }

    public void setWarm(Warm warm) {
      this.warm = warm;
    }

    public Duration getWarmTimeout() {
      return warmTimeout;
    }

    public void setWarmTimeout(Duration warmTimeout) {
      this.warmTimeout = warmTimeout;
    }

    public boolean isTrackBorrowers() {
      return trackBorrowers;
    }

    public void setTrackBorrowers(boolean trackBorrowers) {
      this.trackBorrowers = trackBorrowers;
    }
  }

  /** For crac-jetty. */
  public static final class Jetty {

    /** Time for the requests in flight to finish before the checkpoint is refused. */
    private Duration drainTimeout = Duration.ofSeconds(20);

    Jetty() {}

    public Duration getDrainTimeout() {
      return drainTimeout;
    }

    public void setDrainTimeout(Duration drainTimeout) {
      this.drainTimeout = drainTimeout;
    }
  }

  /** For crac-netty. */
  public static final class Netty {

    /** Time for connections to finish and sockets to close before the checkpoint is refused. */
    private Duration drainTimeout = Duration.ofSeconds(10);

    /** Time without reading or writing after which a connection counts as finished. */
    private Duration quietPeriod = Duration.ofMillis(100);

    Netty() {}

    public Duration getDrainTimeout() {
      return drainTimeout;
    }

    public void setDrainTimeout(Duration drainTimeout) {
      this.drainTimeout = drainTimeout;
    }

    public Duration getQuietPeriod() {
      return quietPeriod;
    }

    public void setQuietPeriod(Duration quietPeriod) {
      this.quietPeriod = quietPeriod;
    }
  }

  /** For crac-jdk-fixups. */
  public static final class Jdk {

    /** Whether random generators are seeded anew after a restore. */
    private boolean random = true;

    /** Whether the default TLS context reads changed key and trust stores after a restore. */
    private boolean keyStores = true;

    /** Whether looked-up host names are forgotten at a restore. */
    private boolean addressCache = true;

    /** What to do with a secure random generator whose state two clones would share. */
    private UnknownRandom unknownRandom = UnknownRandom.REFUSE;

    Jdk() {}

    /** What to do with a secure random generator whose state cannot be reached. */
    public enum UnknownRandom {
      /** No checkpoint is taken while there is one. */
      REFUSE,
      /** The checkpoint is taken, and clones may share that generator's numbers. */
      ALLOW
    }

    public boolean isRandom() {
      return random;
    }

    public void setRandom(boolean random) {
      this.random = random;
    }

    public boolean isKeyStores() {
      return keyStores;
    }

    public void setKeyStores(boolean keyStores) {
      this.keyStores = keyStores;
    }

    public boolean isAddressCache() {
      return addressCache;
    }

    public void setAddressCache(boolean addressCache) {
      this.addressCache = addressCache;
    }

    public UnknownRandom getUnknownRandom() {
      return unknownRandom;
    }

    public void setUnknownRandom(UnknownRandom unknownRandom) {
      this.unknownRandom = unknownRandom;
    }
  }
}
