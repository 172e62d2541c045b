
# ==== Starts CRIU, below a parent that does not reap.
state() {
  status=
  IFS= read -r status 2> /dev/null < "/proc/$pid/stat" || return 1
  # Fields after the command's name; the last one is the exit status as wait(2) gives it, shown to the process's owner.
  # shellcheck disable=SC2086
  set -- ${status##*) }
  letter=$1
  while [ $# -gt 1 ]; do shift; done
  status=$1
}

# Does a process live, and when was it born, in ticks since the start of the machine?
lives() {
  born=
  line=
  IFS= read -r line 2> /dev/null < "/proc/$1/stat" || return 1
  # shellcheck disable=SC2086
  set -- ${line##*) }
  case $1 in [ZX]) return 1 ;; esac
  shift 19
  born=$1
}
# The kernel counts IDs up. Where those that the process and its threads want back come next, as in a young PID namespace,
# this script's own commands would take them.
# Not from ns_last_pid: the shell reads byte by byte, and the kernel answers only the first read of such a file.
read -r last last last last last 2> /dev/null < /proc/loadavg || last=0
if [ "$last" -ge $((pid - 500)) ] && [ "$last" -lt "$highest" ]; then
  # It may not be written in a container: IDs are used up instead.
  { echo "$highest" > /proc/sys/kernel/ns_last_pid; } 2> /dev/null ||
    while [ "$last" -lt "$highest" ]; do
      last=$((last + 1))
      ( : )
    done
fi

pass_on # before there is anything that a signal would leave behind
umask 077
read -r instance < /proc/sys/kernel/random/uuid
work=${TMPDIR:-/tmp}/crac-restore.$instance
mkdir -- "$work" || fail "the folder $work could not be made for this restore: name a writable one in TMPDIR"
ended() {
  rm -rf "$work" ${perfdata_open:+"${perfdata%/*}/restore-$pid"}
}
perfdata_open=
trap ended EXIT
[ -z "$policy_files" ] || put_policy_files
: > "$work/mailbox"
# Of a process with this PID that was killed, or outside of this clone: jcmd would try to reach that one.
for left in "/tmp/.java_pid$pid" "/tmp/.java_pid$pid.tmp" "/tmp/.attach_pid$pid"; do
  [ ! -e "$left" ] || rm -f "$left" 2> /dev/null # another user's stays, and is in the way of nothing but jcmd
done
if [ -f "$here/perfdata" ]; then
  # Any JVM that starts deletes such a file while there is no process of that PID, but no folder: the process moves the
  # file into its place when it is back.
  counters=${perfdata%/*}/restore-$pid
  mkdir -p -m 755 "${perfdata%/*}" "$counters" && { true 8<> "$counters/perfdata"; } 2> /dev/null ||
    fail "$counters could not be written"
  exec 8<> "$counters/perfdata"
  {
    cat "$here/perfdata" >&8
    # As HotSpot does, or a JVM in another PID namespace with the same /tmp would delete the file later. The lock lasts as
    # long as the mapping.
    [ "$inside" = true ] || flock --nonblock 8 2> /dev/null || true
  } &
  perfdata_open=$!
  [ -O "$here/perfdata" ] || chown "$(stat -c %u:%g "$here/perfdata")" "$counters/perfdata"
fi
mkfifo "$work/events" "$work/lifeline" "$work/release" || fail "mkfifo could not make a FIFO in $work"
[ -z "$perfdata_open" ] || await_child "$perfdata_open" || fail "$perfdata could not be written"
if [ "$user" -eq 0 ] && [ "$process_user" != 0:0 ]; then
  # Root restores somebody's process, which opens the FIFOs and keeps its counters as that user.
  chown -R "$process_user" "$work" || fail "$work could not be given to $process_user"
  [ -z "$perfdata_open" ] || chown -h "$process_user" "${perfdata%/*}" || fail "${perfdata%/*} could not be given to $process_user"
fi

# ---- Three FIFOs, each held open for reading and writing here so that opening one blocks nobody.
# events: what happens until the process is up. lifeline: the process holds its write end until it ends; when this script
# lets go of its own, the end of the file is the end of the process. release: until it closes, nobody reaps the process.
exec 4<> "$work/events" 5<> "$work/release" 6<> "$work/lifeline" 3< "$work/lifeline"

# CRIU restores the process, then becomes its parent: a shell that does nothing, or the exit status would be lost, which
# /proc shows for as long as nobody has reaped the process. dash and ash reap when they next wait for a command; bash would
# at once, so there the parent is a cat, and init reaps. All ignore what may be sent to the whole group, by a terminal or
# by systemd: the process decides what to do with it. Its own signal actions come from the image.
(
  trap '' HUP INT QUIT USR1 USR2 TERM
  exec 5> "$work/events"
  trap 'true > "$work/gone"; echo gone >&5' EXIT
  if [ -n "$perfdata_open" ]; then exec 6<&8; else exec 6<&-; fi
  exec 3< "$work/mailbox" 4>&1 7< "$work/release" 8>&2 2> "$work/criu.err"
  export CRIU_FAULT="${CRIU_FAULT-130}" # without hardware breakpoints: see dump.sh
  set --
  [ -z "$perfdata_open" ] || set -- "$@" --inherit-fd "fd[6]:${perfdata#/}"
  # Files that were copied have other modes, which is the new machine's business.
  set -- "$criu" restore ${unprivileged:+"$unprivileged"} --images-dir "$images" --work-dir "$work" \
    --log-file restore.log --shell-job --skip-file-rwx-check "$@"
  # CRIU gives a deleted file a name beside its old one for as long as it works, and fails where there is that name: so
  # restores of one image take turns, and what one that was killed has left there goes first.
  ghosts=false
  for ghost in "$here"/criu/ghost-file-*.img; do
    [ ! -e "$ghost" ] || ghosts=true
  done
  if [ "$ghosts" = true ] && command -v flock > /dev/null; then
    # Opened in here, so that nobody but CRIU holds the lock.
    # shellcheck disable=SC2016 # expanded by the other shell
    set -- /bin/sh -c '
      exec 5< "$2" && flock 5 || exit
      while IFS= read -r path; do
        for left in "$path".cr.*.ghost "$path.cr_link"; do
          [ ! -e "$left" ] || rm -f "$left"
        done
      done <<LIST
$1
LIST
      shift 2
      exec "$@"' crac-turn "$deleted" "$here/restore" "$@"
  fi
  if [ -n "$maps" ]; then
    # Mounts that are made here later are to be seen by the process as well, hence slave.
    # shellcheck disable=SC2016 # expanded by the other shell
    set -- unshare --mount --propagation slave /bin/sh -c '
      while IFS="=" read -r old new; do
        mount --rbind "$new" "$old" || exit
      done <<LIST
$1
LIST
      # Opened in here, or the process could not be checkpointed again: CRIU would not know the mount.
      if [ -n "$2" ]; then
        rm -f "$2" && cp -p "$3" "$2" && exec 6<> "$2" && cat "$3" >&6 || exit
      fi
      shift 3
      exec "$@"' crac-maps "$maps" "${perfdata_open:+"$counters/perfdata"}" "$here/perfdata" "$@"
  fi
  # The streams by duplicates: CRIU closes what it passes on, and needs a standard input of its own.
  # shellcheck disable=SC2016
  "$@" \
    --inherit-fd 'fd[9]:crac-stdin' --inherit-fd 'fd[4]:crac-stdout' --inherit-fd 'fd[8]:crac-stderr' \
    --inherit-fd "fd[3]:$mailbox_key" --exec-cmd -- /bin/sh -c '
      true > "$1/restored" # which may be gone: the process may be up, and even have ended, before this runs
      exec < /dev/null > /dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
      # The script says that it lets go. When it does so without a word it was killed, and the process ends with it: in
      # order if it is in service, otherwise at once.
      released() {
        read -r word <&7
        [ "$word" != reap ] && IFS= read -r line < "/proc/$2/stat" || return
        case ${line##*) } in
          Z*) ;;
          *) if [ -e "$1/mailbox" ]; then kill -KILL "$2"; sleep 1; kill -0 "$3" || rm -rf "$1"; else kill -TERM "$2"; fi ;;
        esac
      }
      if [ -n "${BASH_VERSION-}" ]; then
        released "$@" &
        exec cat <&7
      fi
      released "$@"
      # A process whose first thread has ended cannot be reaped before its last one has, too.
      ( : )
      turns=0
      while [ -e "/proc/$2" ]; do
        sleep 0.01
        turns=$((turns + 1))
        [ "$turns" -ne 2000 ] || kill -KILL "$2" # it was told to end in order, and did not
      done' crac-parent "$work" "$pid" "$$" 5>&-
) <&9 &
parent=$!
exec 8<&-

