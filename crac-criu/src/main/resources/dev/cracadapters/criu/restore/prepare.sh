
# ==== prepare: what must be there before CRIU starts.
prepare() {
  use_up_ids
  trap_signals signal_process # before there is anything that a signal would leave behind
  umask 077
  read -r instance < /proc/sys/kernel/random/uuid
  work=${TMPDIR:-/tmp}/crac-restore.$instance
  [ "$inside" = false ] || work=$own/crac-restore.$instance # which goes when the clone is killed
  case $work in
    /*) ;;
    *) work=$PWD/$work ;; # the process has another working directory
  esac
  counters=''
  set -- "$work"
  if [ -f "$here/perfdata" ]; then
    counters=${perfdata%/*}/restore-$pid
    [ -d "${perfdata%/*}" ] || mkdir -p -m 755 "${perfdata%/*}"
    [ -d "$counters" ] || set -- "$work" "$counters"
  fi
  trap clean_up EXIT
  mkdir -- "$@"
  [ -d "$work" ] || fail "the folder $work could not be made for this restore: name a writable one in TMPDIR"
  images=$here/criu
  put_policy_files
  true > "$work/mailbox" || fail "$work/mailbox could not be written"
  # Of a process with this PID that was killed: jcmd would try to reach that one. A clone shares these names.
  for left in "/tmp/.java_pid$pid" "/tmp/.java_pid$pid.tmp" "/tmp/.attach_pid$pid"; do
    [ "$inside" = true ] || [ ! -e "$left" ] || rm -f "$left" 2> /dev/null # another user's stays, and is in the way of nothing but jcmd
  done
  name_attach_socket
  [ -z "$counters" ] || copy_counters
  mkfifo "$work/events" "$work/lifeline" "$work/release" || fail "mkfifo could not make a FIFO in $work"
  [ -z "$counters" ] || await_child "$counters_writer" || fail "$counters/perfdata could not be written"
  if [ "$user" -eq 0 ] && [ "$process_user" != 0:0 ]; then
    # Root restores somebody's process, which opens the FIFOs and keeps its counters as that user.
    chown -hR "$process_user" "$work" ${counters:+"$counters"} || fail "$work could not be given to $process_user"
    [ -z "$counters" ] || chown -h "$process_user" "${perfdata%/*}" ||
      fail "${perfdata%/*} could not be given to $process_user"
  fi
}
clean_up() {
  [ ! -e "$work" ] && [ ! -e "$counters" ] || rm -rf "$work" ${counters:+"$counters"} # in order, both are gone
}
# The kernel counts IDs up. In a young PID namespace the IDs of the process and its threads come next, and this script's own
# commands would take them.
use_up_ids() {
  # Not from ns_last_pid: the shell reads byte by byte, and the kernel answers only the first read of such a file.
  read -r last last last last last 2> /dev/null < /proc/loadavg || last=0
  [ "$last" -ge $((pid - 500)) ] && [ "$last" -lt "$highest" ] || return 0
  # A container may not write it: IDs are used up instead.
  { echo "$highest" > /proc/sys/kernel/ns_last_pid; } 2> /dev/null ||
    while [ "$last" -lt "$highest" ]; do
      last=$((last + 1))
      ( : )
    done
}
# HotSpot's counters, which jps and jcmd read. Any JVM that starts deletes such a file while there is no process of that
# PID, but no folder: the process moves the file into its place when it is back.
copy_counters() {
  { true 8<> "$counters/perfdata"; } 2> /dev/null || fail "$counters could not be written"
  exec 8<> "$counters/perfdata"
  {
    # As HotSpot does, or a JVM in another PID namespace with the same /tmp would delete the file later. The lock lasts as
    # long as the mapping.
    [ "$inside" = true ] || flock --nonblock 8 2> /dev/null
    exec cat "$here/perfdata" >&8
  } &
  counters_writer=$!
}
