
# ==== prepare: what must be there before CRIU starts, and what the process needs, which is made while CRIU works.
prepare() {
  use_up_ids
  trap_signals signal_process # before there is anything that a signal would leave behind
  umask 077
  read -r instance < /proc/sys/kernel/random/uuid
  if [ "$inside" = true ]; then
    work=$own/crac-restore.$instance # which goes when the clone is killed
  else
    find_temporary
    work=$temporary/crac-restore.$instance
  fi
  case $work in
    /*) ;;
    *) work=$PWD/$work ;; # the process has another working directory
  esac
  signed_fit
  lacks_room=false
  find_place_of_counters
  trap clean_up EXIT
  # For who cleans up if this is killed.
  [ "$inside" = false ] || { echo "$work" > "$own/work"; } 2> /dev/null || fail "$own/work could not be written: $make_room"
  said=$(mkdir -- "$work" ${counters:+"$counters"} 2>&1)
  [ -d "$work" ] ||
    fail "the folder $work could not be made for this restore (${said##*: }): name a writable one in TMPDIR, with room"
  place_of_counters=$counters
  open_counters
  [ -z "$encrypted_by" ] || { mkdir "$work/image" && decrypt_parts "$work/image" && data=$work/image; }
  images=$data/criu
  put_policy_files
  make_files || fail "$work/mailbox could not be written: $make_room"
  remove_left_names
  name_attach_socket
  [ -z "$counters" ] || {
    copy_counters
    await_child "$counters_writer" || cmp -s "$data/perfdata" /proc/self/fd/8 || go_without_counters
  }
  [ "$lacks_room" = false ] || say_no_room
}
make_files() {
  # What CRIU says has the room of its first line.
  { true > "$work/mailbox" && echo > "$work/criu.err"; } 2> /dev/null
}
# Of a process with this PID that was killed: jcmd would try to reach that one. A clone shares these names.
remove_left_names() {
  for left in "/tmp/.java_pid$pid" "/tmp/.java_pid$pid.tmp" "/tmp/.attach_pid$pid"; do
    [ "$inside" = true ] || { [ ! -e "$left" ] && [ ! -L "$left" ]; } || rm -f "$left" 2> /dev/null # another user's stays, and is in the way of nothing but jcmd
  done
}
# Three FIFOs, each held open for reading and writing here so that opening one blocks nobody.
# events: what happens until the process is up. lifeline: the process holds its write end until it ends; when this script
# lets go of its own, the end of the file is the end of the process. release: until it closes, nobody reaps the process.
# CRIU has been started by now: it comes to need them when it is through.
make_fifos() {
  said=$(mkfifo "$work/events" "$work/lifeline" "$work/release" 2>&1) ||
    fail "mkfifo could not make a FIFO in $work (${said##*: }): $make_room"
  exec 4<> "$work/events" 5<> "$work/release" 6<> "$work/lifeline" 3< "$work/lifeline"
  if [ "$user" -eq 0 ] && [ "$process_user" != 0:0 ]; then
    # Root restores somebody's process, which opens these FIFOs as that user. The folder stays root's, who goes on to write in it.
    chmod 711 "$work" && chown -h "$process_user" "$work/events" "$work/lifeline" || fail "$work could not be opened to $process_user"
    [ "$counters" != "$work" ] || chown -h "$process_user" "$work/perfdata" || fail "$work/perfdata could not be given to $process_user"
  fi
  { true > "$work/ready"; } 2> /dev/null || fail "$work/ready could not be written: $make_room"
}
make_room='make room there, or name another folder in TMPDIR'
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
