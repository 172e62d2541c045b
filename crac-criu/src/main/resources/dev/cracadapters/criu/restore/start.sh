
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

# The kernel counts IDs up. Where those that the process and its threads want back come next, as in a young PID namespace,
# this script's own commands would take them.
IFS= read -r last 2> /dev/null < /proc/sys/kernel/ns_last_pid || last=0
if [ "$last" -ge $((pid - 500)) ] && [ "$last" -lt "$highest" ]; then
  # It may not be written in a container: IDs are used up instead.
  { echo "$highest" > /proc/sys/kernel/ns_last_pid; } 2> /dev/null ||
    while [ "$last" -lt "$highest" ]; do
      last=$((last + 1))
      ( : )
    done
fi

pass_on # before there is anything that a signal would leave behind
work=$(mktemp -d "${TMPDIR:-/tmp}/crac-restore.XXXXXX") || fail 'mktemp could not make a folder for this restore'
ended() {
  rm -rf "$work" ${perfdata_open:+"${perfdata%/*}/restore-$pid"}
}
perfdata_open=
trap ended EXIT
: > "$work/mailbox"
mkfifo "$work/events" "$work/lifeline" "$work/release" || fail "mkfifo could not make a FIFO in $work"
# Of a process with this PID that was killed, or outside of this clone: jcmd would try to reach that one.
for left in "/tmp/.java_pid$pid" "/tmp/.java_pid$pid.tmp" "/tmp/.attach_pid$pid"; do
  [ ! -e "$left" ] || rm -f "$left"
done
if [ -f "$here/perfdata" ]; then
  # Any JVM that starts deletes such a file while there is no process of that PID, but no folder: the process moves the
  # file into its place when it is back.
  mkdir -p -m 755 "${perfdata%/*}" "${perfdata%/*}/restore-$pid" &&
    cp -p "$here/perfdata" "${perfdata%/*}/restore-$pid/perfdata" && exec 8<> "${perfdata%/*}/restore-$pid/perfdata" ||
    fail "${perfdata%/*}/restore-$pid could not be written"
  perfdata_open=true
  # As HotSpot does, or a JVM in another PID namespace with the same /tmp would delete the file later. The lock lasts as long
  # as the mapping.
  [ "$inside" = true ] || flock --nonblock 8 2> /dev/null
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
  set --
  [ -z "$perfdata_open" ] || set -- "$@" --inherit-fd "fd[6]:${perfdata#/}"
  # The streams by duplicates: CRIU closes what it passes on, and needs a standard input of its own.
  # shellcheck disable=SC2016 # expanded by the other shell
  "$criu" restore --images-dir "$here/criu" --work-dir "$work" --log-file restore.log --shell-job "$@" \
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
      while [ -e "/proc/$2" ]; do sleep 0.01; done' crac-parent "$work" "$pid" "$$" 5>&-
) <&9 &
parent=$!
exec 8<&-

