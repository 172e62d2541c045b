
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

pass_on # before there is anything that a signal would leave behind
work=$(mktemp -d "${TMPDIR:-/tmp}/crac-restore.XXXXXX") || fail 'mktemp could not make a folder for this restore'
ended() {
  rm -rf "$work"
}
trap ended EXIT
[ -z "$policy_files" ] || put_policy_files
: > "$work/mailbox"
mkfifo "$work/events" "$work/lifeline" "$work/release" || fail "mkfifo could not make a FIFO in $work"
perfdata_open=
if [ -f "$here/perfdata" ]; then
  # Any JVM that starts deletes such a file while there is no process of that PID: from here on only the descriptor
  # counts, and what is written goes through it.
  mkdir -p -m 755 "${perfdata%/*}" && rm -f "$perfdata" && cp -p "$here/perfdata" "$perfdata" ||
    fail "$perfdata could not be written"
  exec 8<> "$perfdata"
  cat "$here/perfdata" >&8
  perfdata_open=true
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
  # Duplicates: CRIU closes what it passes on, and needs a standard input of its own.
  [ -z "$stream0" ] || set -- "$@" --inherit-fd "fd[9]:$stream0"
  [ -z "$stream1" ] || set -- "$@" --inherit-fd "fd[4]:$stream1"
  # Where both go to one file or pipe, CRIU knows it under one name, and the first wins.
  [ -z "$stream2" ] || set -- "$@" --inherit-fd "fd[8]:$stream2"
  # shellcheck disable=SC2016 # expanded by the other shell
  "$criu" restore --images-dir "$images" --work-dir "$work" --log-file restore.log --shell-job "$@" \
    --inherit-fd "fd[3]:$mailbox_key" --exec-cmd -- /bin/sh -c '
      true > "$1/restored" # which may be gone: the process may be up, and even have ended, before this runs
      exec < /dev/null > /dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
      [ -z "${BASH_VERSION-}" ] || exec cat <&7
      read -r word <&7
      # A process whose first thread has ended cannot be reaped before its last one has, too.
      ( : )
      while [ -e "/proc/$2" ]; do sleep 0.01; done' crac-parent "$work" "$pid" 5>&-
) <&9 &
parent=$!
exec 8<&-

