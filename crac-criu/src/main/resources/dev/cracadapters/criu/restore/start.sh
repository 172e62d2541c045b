
# ==== start: CRIU, below a parent that does not reap.
# Three FIFOs, each held open for reading and writing here so that opening one blocks nobody.
# events: what happens until the process is up. lifeline: the process holds its write end until it ends; when this script
# lets go of its own, the end of the file is the end of the process. release: until it closes, nobody reaps the process.
start() {
  exec 4<> "$work/events" 5<> "$work/release" 6<> "$work/lifeline" 3< "$work/lifeline"
  ( run_criu ) <&9 &
  parent=$!
  exec 8<&-
}
# CRIU restores the process and leaves it stopped, then becomes its parent: a shell that lets it go on and does nothing more,
# or the exit status would be lost, which /proc shows for as long as nobody has reaped the process. Stopped, since CRIU
# lets go of one thread after the other, and fails where the process has ended meanwhile. dash and ash reap when they next
# wait for a command; bash would at once, so there the parent is a cat, and init reaps. All ignore what may be sent to the
# whole group, by a terminal or by systemd: the process decides about that, with the signal actions in the image.
run_criu() {
  trap '' HUP INT QUIT USR1 USR2 TERM
  exec 5> "$work/events"
  trap 'true > "$work/gone"; echo gone >&5' EXIT
  if [ -n "$counters" ]; then exec 6<&8; else exec 6<&-; fi
  exec 3< "$work/mailbox" 4>&1 7< "$work/release" 8>&2 2> "$work/criu.err"
  export CRIU_FAULT="${CRIU_FAULT-130}" # without hardware breakpoints: see dump.sh
  set --
  [ -z "$counters" ] || set -- --inherit-fd "fd[6]:${perfdata#/}"
  # Files that were copied have other modes, which is the new machine's business.
  set -- "$criu" restore ${unprivileged:+"$unprivileged"} --images-dir "$images" --work-dir "$work" \
    --log-file restore.log --leave-stopped --shell-job --skip-file-rwx-check "$@"
  ghosts=false
  for ghost in "$here"/criu/ghost-file-*.img; do
    [ ! -e "$ghost" ] || ghosts=true
  done
  if [ "$ghosts" = true ] && command -v flock > /dev/null; then
    set -- /bin/sh -c "$take_turn" crac-turn "$deleted" "$here/restore" "$@"
  fi
  if [ -n "$maps" ]; then
    # Mounts that are made here later are to be seen by the process as well, hence slave.
    set -- unshare --mount --propagation slave /bin/sh -c "$mount_maps" crac-maps \
      "$maps" "${counters:+$counters/perfdata}" "$here/perfdata" "$@"
  fi
  # The streams by duplicates: CRIU closes what it passes on, and needs a standard input of its own.
  "$@" \
    --inherit-fd 'fd[9]:crac-stdin' --inherit-fd 'fd[4]:crac-stdout' --inherit-fd 'fd[8]:crac-stderr' \
    --inherit-fd "fd[3]:$mailbox_key" --exec-cmd -- \
    /bin/sh -c "$be_parent" crac-parent "$work" "$pid" "$$" 5>&-
}

# ---- What other shells run on the way to CRIU, and after it.
# CRIU gives a deleted file a name beside its old one for as long as it works, and fails where there is that name: so
# restores of one image take turns, and remove what one that was killed has left. The lock is opened in here, so that
# nobody but CRIU holds it. DELETED LOCK COMMAND...
# shellcheck disable=SC2016 # expanded by the other shell
take_turn='
  exec 5< "$2" && flock 5 || exit
  while IFS= read -r path; do
    for left in "$path".cr.*.ghost "$path.cr_link"; do
      [ ! -e "$left" ] || rm -f "$left"
    done
  done <<LIST
$1
LIST
  shift 2
  exec "$@"'
# The counters are opened in here, or the process could not be checkpointed again: CRIU would not know the mount.
# MAPS COUNTERS PERFDATA COMMAND...
# shellcheck disable=SC2016
mount_maps='
  while IFS="=" read -r old new; do
    mount --rbind "$new" "$old" || exit
  done <<LIST
$1
LIST
  if [ -n "$2" ]; then
    rm -f "$2" && cp -p "$3" "$2" && exec 6<> "$2" && cat "$3" >&6 || exit
  fi
  shift 3
  exec "$@"'
# Lets the process go on, which may end at any moment from then on. dash reaps what has ended after the next builtin that is
# through: so there is none before the read that lasts. The restore script writes a word before it lets go. If it does not,
# it was killed, and the process ends with it: in order if it is in service, otherwise at once. WORK PID SCRIPT
# shellcheck disable=SC2016
be_parent='
  exec < /dev/null > /dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
  go_on() {
    true > "$1/restored"
    kill -CONT "$2"
  }
  released() {
    [ "$word" != reap ] && IFS= read -r line < "/proc/$2/stat" || return
    case ${line##*) } in
      Z*) ;;
      *) if [ -e "$1/mailbox" ]; then kill -KILL "$2"; sleep 1; kill -0 "$3" || rm -rf "$1"; else kill -TERM "$2"; fi ;;
    esac
  }
  case ${BASH_VERSION-} in
    ?*)
      {
        until IFS= read -r name < "/proc/$$/comm" && [ "$name" = cat ]; do sleep 0.01; done
        go_on "$@"
        read -r word <&7
        released "$@"
      } &
      exec cat <&7 ;;
  esac
  ( go_on "$@" ) &
  read -r word <&7
  released "$@"
  # A process whose first thread has ended cannot be reaped before its last one has, too.
  ( : )
  turns=0
  while [ -e "/proc/$2" ]; do
    sleep 0.01
    turns=$((turns + 1))
    [ "$turns" -ne 2000 ] || kill -KILL "$2" # it was told to end in order, and did not
  done'
