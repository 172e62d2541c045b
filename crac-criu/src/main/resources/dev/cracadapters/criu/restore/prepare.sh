
# ==== prepare: what must be there before CRIU starts.
prepare() {
  use_up_ids
  trap_signals signal_process # before there is anything that a signal would leave behind
  umask 077
  read -r instance < /proc/sys/kernel/random/uuid
  memory=${TMPDIR:-/tmp}
  [ -z "$encrypted_by" ] || find_memory || fail 'no tmpfs takes the decrypted image: mount one on /dev/shm, or name one in TMPDIR'
  work=$memory/crac-restore.$instance
  case $work in
    /*) ;;
    *) work=$PWD/$work ;; # the process has another working directory
  esac
  counters=''
  set -- "$work"
  if [ "$has_perfdata" = true ]; then
    counters=${perfdata%/*}/restore-$pid
    [ -d "${perfdata%/*}" ] || mkdir -p -m 755 "${perfdata%/*}"
    [ -d "$counters" ] || set -- "$work" "$counters"
  fi
  trap clean_up EXIT
  mkdir -- "$@"
  [ -d "$work" ] || fail "the folder $work could not be made for this restore: name a writable one in TMPDIR, with room"
  [ -z "$encrypted_by" ] || { decrypt_parts "$work" && data=$work; }
  put_policy_files
  # What CRIU says has the room of its first line.
  true > "$work/mailbox" && echo > "$work/criu.err" || fail "$work/mailbox could not be written: $make_room"
  # Of a process with this PID that was killed, or outside of this clone: jcmd would try to reach that one.
  for left in "/tmp/.java_pid$pid" "/tmp/.java_pid$pid.tmp" "/tmp/.attach_pid$pid"; do
    [ ! -e "$left" ] || rm -f "$left" 2> /dev/null # another user's stays, and is in the way of nothing but jcmd
  done
  [ -z "$counters" ] || copy_counters
  mkfifo "$work/events" "$work/lifeline" "$work/release" || fail "mkfifo could not make a FIFO in $work: $make_room"
  [ -z "$counters" ] || await_child "$counters_writer" || go_without_counters
  if [ "$user" -eq 0 ] && [ "$process_user" != 0:0 ]; then
    # Root restores somebody's process, which opens the FIFOs and keeps its counters as that user.
    chown -hR "$process_user" "$work" ${counters:+"$counters"} || fail "$work could not be given to $process_user"
    [ -z "$counters" ] || chown -h "$process_user" "${perfdata%/*}" ||
      fail "${perfdata%/*} could not be given to $process_user"
  fi
}
make_room='make room there, or name another folder in TMPDIR'
# All blocks of the file that the process maps must be there, or it would end by a SIGBUS later: so where its folder has no
# room the file is another one, which nobody finds.
go_without_counters() {
  [ "$counters" != "$work" ] || fail "$work/perfdata could not be written: $make_room"
  rm -rf "$counters"
  printf 'restore: %s has no room for the counters of the process: jps does not show it\n' "${perfdata%/*}" >&2
  counters=$work
  exec 8<> "$counters/perfdata"
  copy_counters
  await_child "$counters_writer" || fail "$work/perfdata could not be written: $make_room"
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
  { true 8<> "$counters/perfdata"; } 2> /dev/null || fail "$counters could not be written: $make_room"
  exec 8<> "$counters/perfdata"
  {
    # As HotSpot does, or a JVM in another PID namespace with the same /tmp would delete the file later. The lock lasts as
    # long as the mapping.
    [ "$inside" = true ] || flock --nonblock 8 2> /dev/null
    exec cat "$data/perfdata" >&8
  } &
  counters_writer=$!
}
