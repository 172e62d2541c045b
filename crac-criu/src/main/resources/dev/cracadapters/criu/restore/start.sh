
# ==== start: CRIU, below a parent that does not reap.
start() {
  trap 'signalled=true' ALRM # by the watch
  # CRIU first: of two processors the second one is free now.
  ( run_criu ) <&9 &
  parent=$!
  running=true
  # CRIU may hang when this script has been killed: nobody else ends it then. One that is killed has a successor: without it,
  # nobody would hear of a process's early end.
  ( exec 8>&- 9<&-; is_of_this_script; until ( watch_start ); do :; done ) < /dev/null > /dev/null 2>&1 &
  watch=$!
  { echo "$parent" > "$work/parent"; } 2> /dev/null
}
# What is younger than this script can be of its making.
is_of_this_script() {
  born=999999999999
  look_at $$
  script_born=$born
}
# CRIU restores the process and leaves it stopped, then becomes its parent: a shell that does nothing, or the exit status would
# be lost, which /proc shows for as long as nobody has reaped the process. Stopped, since CRIU lets go of one thread after the
# other, and fails where the process has ended meanwhile; and since nothing may run before the image has been verified. dash
# and ash reap when they next wait for a command; bash would at once, so there the parent is a cat, and init reaps. All ignore
# what may be sent to the whole group, by a terminal or by systemd: the process decides about that, with the signal actions in
# the image.
run_criu() {
  trap '' HUP INT QUIT USR1 USR2 TERM
  exec 7<&-
  # Of the file it is seen where the FIFO is not there yet, or nobody has it open.
  trap '{ true > "$work/gone"; [ ! -p "$work/events" ] || echo gone 1<> "$work/events"; } 2> /dev/null
    [ -e "$work/restored" ] || lives "$$" || clean_up' EXIT
  if [ -n "$counters" ]; then exec 6<&8; else exec 6<&-; fi
  exec 3< "$work/mailbox" 4>&1 8>&2 2>> "$work/criu.err"
  export CRAC_RESTORE="$instance" CRIU_FAULT="${CRIU_FAULT-130}" # without hardware breakpoints: see dump.sh
  set --
  [ -z "$counters" ] || set -- --inherit-fd "fd[6]:${perfdata#/}"
  # Files that were copied have other modes, which is the new machine's business.
  set -- "$criu" restore ${unprivileged:+"$unprivileged"} --images-dir "$images" --work-dir "$work" \
    --log-file restore.log --leave-stopped --shell-job --skip-file-rwx-check "$@"
  ghosts=false
  for ghost in "$data"/criu/ghost-file-*.img; do
    [ ! -e "$ghost" ] || ghosts=true
  done
  if [ "$ghosts" = true ] && command -v flock > /dev/null; then
    set -- /bin/sh -c "process_user=${process_user%%:*}$nl$take_turn" crac-turn "$deleted" "$here/restore" "$gone" "$@"
  fi
  if [ -n "$maps" ]; then
    # Mounts that are made here later are to be seen by the process as well, hence slave.
    set -- unshare --mount --propagation slave /bin/sh -c "$mount_maps" crac-maps \
      "$maps" "${counters:+$counters/perfdata}" "$data/perfdata" "$process_user" "$@"
  fi
  [ -z "$mapped" ] || { set -- "$@" --inherit-fd 'fd[7]:crac-memory' && exec 7< "$here/$mapped"; }
  # The streams by duplicates: CRIU closes what it passes on, and needs a standard input of its own.
  "$@" \
    --inherit-fd 'fd[9]:crac-stdin' --inherit-fd 'fd[4]:crac-stdout' --inherit-fd 'fd[8]:crac-stderr' \
    --inherit-fd "fd[3]:$mailbox_key" --exec-cmd -- \
    /bin/sh -c "$be_parent" crac-parent "$work" "$pid" "$$" "$place_of_counters" "$sockets"
}

# ---- What other shells run on the way to CRIU, and after it.
# CRIU gives a deleted file a name beside its old one for as long as it works, and fails where there is that name: so
# restores of one image take turns, and remove what one that was killed has left. Whatever somebody else has put there goes, too:
# a link itself, and a folder is moved aside, for there it may be changed while it is deleted. The lock is opened in here, so that
# nobody but CRIU holds it. The folders that had gone may have been removed by the turn before. DELETED LOCK GONE COMMAND...,
# and $process_user, whose the process is.
# shellcheck disable=SC2016 # expanded by the other shell
take_turn='
  exec 5< "$2" || exit
  flock -n 5 || {
    echo "waited for another restore, or whoever else has a lock on $2: see lslocks" >&2
    flock 5 || exit # for as long as the whole restore may take
  }
  while IFS= read -r path; do
    [ -n "$path" ] || continue
    [ -d "$path" ] || mkdir -m 755 -- "$path" || exit
    [ -O "$path" ] && [ ! -L "$path" ] || [ "$(stat -c %u -- "$path")" = "$process_user" ] || {
      echo "$path is in the way of a file that the process had deleted" >&2
      exit 1
    }
  done <<LIST
$3
LIST
  while IFS= read -r path; do
    for left in "$path".cr.*.ghost "$path.cr_link"; do
      [ ! -e "$left" ] && [ ! -L "$left" ] || rm -f "$left" 2> /dev/null && continue
      aside=$(mktemp -d "$left.XXXXXX") && mv -fT -- "$left" "$aside" && continue
      [ -z "$aside" ] || rmdir "$aside"
      echo "$left is in the way of a file that the process had deleted" >&2
      exit 1
    done
  done <<LIST
$1
LIST
  shift 3
  exec "$@"'
# The counters are opened in here, or the process could not be checkpointed again: CRIU would not know the mount.
# As a new file, and that very one: the folder is the process's user's by now. MAPS COUNTERS PERFDATA USER COMMAND...
# shellcheck disable=SC2016
mount_maps='
  while IFS="=" read -r old new; do
    mount --rbind "$new" "$old" || exit
  done <<LIST
$1
LIST
  if [ -n "$2" ]; then
    set -C
    rm -f "$2" && exec 6> "$2" && exec 6<> /proc/self/fd/6 && cat "$3" >&6 && chown "$4" /proc/self/fd/6 || exit
  fi
  shift 4
  exec "$@"'
# Once told that CRIU is through, the restore script lets the process go on, which may end at any moment from then on. dash reaps
# what has ended after the next builtin that is through: so there is none before the read that lasts. The restore script writes
# a word before it lets go of this. If it does not, it was killed (nobody may have reaped it yet), and the process ends with it:
# in order if it is in service, otherwise at once. WORK PID SCRIPT COUNTERS SOCKETS
# shellcheck disable=SC2016
be_parent='
  exec < /dev/null > /dev/null 2>&1 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
  tell() {
    true > "$1/restored"
    echo through 1<> "$1/events"
  }
  has_ended() {
    IFS= read -r line < "/proc/$1/stat" || return 0
    case ${line##*) } in
      [ZX]*) ;;
      *) return 1 ;;
    esac
  }
  released() {
    [ "$word" != reap ] || return
    if [ -e "$1/mailbox" ]; then
      has_ended "$2" || kill -KILL "$2"
      sleep 1
      ! has_ended "$3" || rm -rf "$1" ${4:+"$4"} $5
    else
      has_ended "$2" || kill -TERM "$2"
    fi
  }
  # The restore script makes the FIFOs while CRIU works, and may have been killed: one that nobody has open blocks who opens it.
  until [ -e "$1/ready" ]; do
    if [ ! -d "$1" ] || has_ended "$3"; then
      word=
      released "$@"
      exit
    fi
    sleep 0.01
  done
  exec 7<> "$1/release"
  exec 7< "$1/release"
  case ${BASH_VERSION-} in
    ?*)
      true > "$1/restored" # or what has started this would clean up when cat ends
      {
        while IFS= read -r name < "/proc/$$/comm" && [ "$name" != cat ]; do sleep 0.01; done
        tell "$@"
        read -r word <&7
        released "$@"
      } &
      exec cat <&7 ;;
  esac
  ( tell "$@" ) &
  read -r word <&7
  released "$@"
  # A process whose first thread has ended cannot be reaped before its last one has, too.
  ( : )
  turns=0
  while [ -e "/proc/$2" ] && [ "$turns" -lt 5000 ]; do
    sleep 0.01
    turns=$((turns + 1))
    [ "$turns" -ne 2000 ] || kill -KILL "$2" # it was told to end in order, and did not
  done'
