
# ==== supervise: waits until the process is up, then until it has ended, and ends with its exit status.
supervise() {
  event='' verifier=''
  [ ! -e "$work/gone" ] || event=gone # before there were FIFOs
  while [ -z "$event" ]; do
    read -r event <&4 # a signal interrupts this
    [ -n "$event" ] || [ ! -e "$work/verdict" ] || read -r event < "$work/verdict" || event=late
    [ "$event$trial" != throughtrue ] || end_trial
    # CRIU has let go of the process, and the image has been verified: it may go on.
    [ "$event" != through ] || { event='' else_command='' made_folders=''; show_attach_socket; kill -s CONT "$pid" 2> /dev/null; }
  done
  exec 4>&-
  [ ! -e "$work/verdict" ] || { true > "$work/heard"; } 2> /dev/null # or a signal could meet what this script becomes
  kill "$watch" 2> /dev/null
  case $event in
    up) ;;
    died)
      if [ ! -e "$work/restored" ]; then
        abandon 0
        said=$(grep Error "$work/restore.log" 2> /dev/null | grep -v RLIMIT_NOFILE)
        case $said in
          '' | *'killed by signal'*) fail 'the process was ended while CRIU restored it' ;;
        esac
        fail_restore "$@" # CRIU had failed, and was slow to end on a busy machine
      fi
      # By itself or by a crash: this script ends with its exit status, as always.
      echo 'restore: the process ended before it was back in service' >&2
      ;;
    'lost '*)
      abandon 0
      fail "the process cannot go on here: ${event#lost }"
      ;;
    *) # late, gone: said by the watch and by what runs CRIU
      abandon 0
      fail_restore "$@"
      ;;
  esac
  rm -rf "$work" ${counters:+"$counters"}
  remove_gone
  remove_leftovers
  [ "$inside" = false ] || : > /proc/self/fd/7
  exec 7>&-
  exec 6>&-
  up=true
  verify_mapped
  for name in $pending; do
    kill -s "$name" "$pid" 2> /dev/null
  done
  # As PID 1 this script adopts what the process's children leave behind. A shell reaps only when it waits; with CHLD
  # ignored, the kernel reaps.
  [ "$$" -ne 1 ] || { ( : ); trap '' CHLD; }
  while [ "$event" = up ]; do
    signalled=false
    read -r word <&3 || [ "$signalled" = true ] || break
  done
  trap - CHLD
  # It has ended, or closed its lifeline for a checkpoint of its own: then it is watched more slowly.
  turns=0
  while lives "$pid"; do
    turns=$((turns + 1))
    [ "$turns" -le 1000 ] || sleep 0.1
  done
  # It may have ended, and its PID be somebody else's.
  [ -z "$verifier" ] || ( look_at "$verifier" && [ "$ppid" = "$$" ] && kill "$verifier" ) 2> /dev/null
  remove_sockets # while the PID is not free
  reap
  case $status in
    '' | *[!0-9]*)
      echo 'restore: the exit status of the process is lost: the shell that is its parent was killed, or it was itself at once' >&2
      exit 125
      ;;
  esac
  if [ $((status % 128)) -eq 0 ]; then code=$((status / 256)); else code=$((128 + status % 128)); fi
  look_at_end
  [ "$inside" = false ] || { echo "$code" > "$own/ended"; } 2> /dev/null # its namespaces' end can be lost, and KILL is a status of 1 there
  exit "$code"
}

# Prints CRIU's errors and a remedy. If CRIU only lacks an ID that is just being freed, the whole script starts once more.
fail_restore() {
  said=$(grep -h Error "$work/restore.log" 2> /dev/null | grep -v RLIMIT_NOFILE | tail -n 5)
  [ -n "$said" ] || said=$(grep . "$work/criu.err" | tail -n 5) # its first line keeps room
  [ -n "$said" ] || said='(it said nothing)'
  by=
  case $said in
    *"Can't fork for $pid: File exists"* | *'Unable to create a thread: -17'*)
      # A thread's ID may be taken although no task has it: newer kernels free it a moment after its process was reaped
      # (seen on 6.18: up to 60 ms), and any keeps it while it is the ID of a session or process group. /proc shows neither.
      if ! taken_by && [ "$clone" = false ] && [ "$again" -lt 20 ]; then
        # The process's new environment: this shell may hand down something else, see clone.sh.
        if [ "$again" -eq 0 ]; then
          { true 7<> "$work/environment"; } 2> /dev/null || fail "$work/environment could not be made: $make_room"
          exec 7<> "$work/environment"
          cat "/proc/$$/environ" >&7 2> /dev/null || fail "$work/environment could not be written: $make_room"
        fi
        rm -rf "$work" ${counters:+"$counters"}
        sleep 0.05
        exec /bin/sh "$0" --again "$pending" "$@"
      fi
      ;;
  esac
  [ "$trial" = false ] || judge "$event" "$said" "$(grep -w Killed "$work/criu.err" 2> /dev/null)"
  { printf room > "$work/room"; } 2> /dev/null ||
    fail "$criu could not restore the process, for $work has no room: $make_room. It said: ${said##*"$nl"}"
  case $event:$said in
    late:*)
      find_exchanged
      fail "the process was not back in service within $limit_seconds s: ${exchanged:-$said}" ;;
    *"Can't fork for $pid: File exists"*) fail "PID $pid is taken here: end that process, or use --clone" ;;
    *'Unable to create a thread: -17'*) # EEXIST
      fail "the ID of a thread of the process is taken here$by: restore it with --clone" ;;
    *'Unable to detach '*': No such process'*)
      remedy='the process was ended before CRIU had let go of its last thread: its exit status is lost' ;;
    *Killed* | *'killed by signal 9'* | *': No such process'*)
      remedy='the process, or CRIU, was killed while CRIU restored it: restore it again' ;;
    *"Don't have tty"*)
      remedy='the process was checkpointed on a terminal: restore it on one, or checkpoint one that has files or pipes' ;;
    *'No space left'*) fail "$criu could not restore the process: ${said##*"$nl"}: make room there" ;;
    *'bad size'* | *'bad build-ID'*) remedy='a file that the process had open has changed: put it back as it was' ;;
    # Without clone3 it chooses IDs by this sysctl: a container's is read-only, and any other process that starts takes the ID.
    *ns_last_pid* | *'Unable to create a thread: '[0-9]*)
      remedy="the container's seccomp filter forbids clone3, by which CRIU chooses IDs: restore with the seccomp profile \
that 'java -jar crac-criu.jar doctor --seccomp-profile' prints (docker run --security-opt seccomp=FILE, Kubernetes: \
seccompProfile of the type Localhost), or without a filter" ;;
    *'is in the way of a file'*) remedy='it is another user'\''s, and may be made to fail restores: have root, or that user, remove it' ;;
    *"Can't open file"*) remedy='a file that the process had open is missing: put it back' ;;
    *) remedy="run '$criu check' to see whether CRIU works on this kernel with these rights" ;;
  esac
  fail "$criu could not restore the process:" "$said" "$remedy"
}
# Leaves in $exchanged what CRIU may have waited for: somebody can put a FIFO in the place of a file after the look at it.
find_exchanged() {
  exchanged=
  IFS=$nl
  set -f
  for line in $policy_files; do
    path=${line#* * * * * }
    [ ! -e "$path" ] || [ -f "$path" ] || exchanged="$path is no file any more, which CRIU opened: put the file back"
  done
  for path in $needed; do
    locate "$path"
    [ ! -e "$at" ] || [ -f "$at" ] || exchanged="$at is no file any more, which CRIU opened: put the file back"
  done
  unset IFS
  set +f
}
