set -u
LC_ALL=C
usage() {
  cat <<'TEXT'
Usage: IMAGE/restore [--clone [--net]] [--check] [-- ARGUMENT...]

Restores the process of this image, as often as you like. The process becomes a child of this command: its exit status
and its output are this command's, and TERM, INT, HUP, USR1, USR2 and QUIT are passed on to it.

  --clone   give the process PID and mount namespaces of its own, so that several can run on one machine
  --net     with --clone: a network namespace of its own as well, in which only the loopback interface is up
  --check   only check whether the image is whole and fits this machine
  --help    show this

What stands after -- is found in the process as RestoreInfo.arguments(). CRAC_CRIU names the criu command to use.
Exit status: the process's own, 128 + N when signal N ended it, 125 when it could not be restored, 2 for wrong usage.
TEXT
}
fail() {
  printf 'restore: %s\n' "$@" >&2
  exit 125
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 125
clone=false
coming=
net=false
check=false
inside=false
while [ $# -gt 0 ]; do
  case $1 in
    --clone) clone=true ;;
    --net) net=true ;;
    --check) check=true ;;
    --inside) inside=true criu=$2 coming=$3; shift 2 ;; # of the namespaces: this script calls itself
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
if [ "$net" = true ] && [ "$clone" = false ]; then
  usage >&2
  exit 2
fi

# ---- Does the image fit this machine? Every finding is told, and nothing is started when there is one.
findings=
finding() {
  findings="$findings
restore:   - $1"
}
fits() {
  if [ ! -f "$java_home/release" ]; then
    finding "the JDK is not at $java_home: install $jdk there"
  else
    now="$(cksum < "$java_home/release") $(wc -c < "$libjvm" 2> /dev/null)"
    if [ "$now" != "$jdk_mark" ]; then
      version=$(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"$/\1/p; s/^JAVA_VERSION="\(.*\)"$/\1/p' "$java_home/release" |
        head -n 1)
      finding "the JDK at $java_home is another one (${version:-unknown}): this image needs $jdk, the very same build"
    fi
  fi
  arch=$(uname -m)
  [ "$arch" = "$machine" ] || finding "this machine is $arch: the image needs $machine"
  flags=$(sed -n '/^\(flags\|Features\)[[:space:]]*:/{s/.*: //p;q;}' /proc/cpuinfo)
  if [ "$flags" != "$cpu" ]; then
    missing=
    for flag in $cpu; do
      case " $flags " in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
    done
    [ -z "$missing" ] || finding "this CPU lacks$missing: restore on a CPU that has what the image's had"
  fi
  for criu in ${CRAC_CRIU:+"$CRAC_CRIU"} "$criu_then" criu; do
    criu=$(command -v -- "$criu") && return
  done
  criu=
  finding "criu is not found (CRAC_CRIU, $criu_then, PATH): install CRIU 4.0 or newer, or name one in CRAC_CRIU"
}
whole() {
  found=$(cd "$here/criu" 2> /dev/null && cksum -- * 2> /dev/null)
  [ "$found" = "$checksums" ]
}
damage() {
  while read -r sum size name; do
    if [ ! -f "$here/criu/$name" ]; then
      printf '%s is missing' "$name"
    elif [ "$(cksum < "$here/criu/$name")" != "$sum $size" ]; then
      printf '%s is not as it was written' "$name"
    else
      continue
    fi
    return
  done <<LIST
$checksums
LIST
  printf 'a file was added to %s' "$here/criu"
}
damaged() {
  fail "the image $here is damaged: $(damage)" 'take a new checkpoint, or copy the image folder again'
}

if [ "$inside" = false ]; then
  fits
  if [ "$clone" = false ] && [ "$check" = false ] && [ -e "/proc/$pid" ]; then
    finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
  fi
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  if [ "$check" = true ]; then
    whole || damaged
    exit 0
  fi
fi

# Descriptors that this script was started with are not the process's business.
exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
# A shell gives its background commands /dev/null as standard input; the process is to have this script's.
{ true 9>&1; } 2> /dev/null || exec > /dev/null
true 9>&2 || exec 2> /dev/null
if { true 9<&0; } 2> /dev/null; then exec 9<&0; else exec 9< /dev/null; fi

# What is sent to this script goes to the process. A signal that comes before the process is up waits for it: one that
# ends a half restored process would leave half of it behind.
up=false
pending=
signalled=false
pass_on() {
  for name in HUP INT QUIT USR1 USR2 TERM; do
    # shellcheck disable=SC2064 # the name is meant now
    trap "on_signal $name" "$name"
  done
}
on_signal() {
  signalled=true
  if [ "$up" = true ]; then
    kill -s "$1" "$pid" 2> /dev/null
  else
    pending="$pending $1"
  fi
}

# ---- A clone: this script once more, as PID 1 of new namespaces.
if [ "$clone" = true ] && [ "$inside" = false ]; then
  command -v unshare > /dev/null || fail '--clone needs the command unshare (util-linux)'
  namespaces='--pid --mount --fork --mount-proc --kill-child'
  extra=--clone
  if [ "$net" = true ]; then
    namespaces="$namespaces --net"
    extra='--clone --net'
  fi
  # To the process by its PID here: somewhere below, its PID in the namespaces is the one it had.
  deliver() {
    generation=$outer
    while [ -n "$generation" ]; do
      below=
      for one in $generation; do
        while read -r key first last more; do
          if [ "$key" = NSpid: ] && [ "$last" = "$pid" ] && [ -z "$more" ]; then
            kill -s "$1" "$one" 2> /dev/null
            return
          fi
        done 2> /dev/null < "/proc/$one/status"
        children=
        read -r children 2> /dev/null < "/proc/$one/task/$one/children" # which ends without a newline
        below="$below $children"
      done
      generation=${below# }
    done
  }
  # The script inside deletes this file when the process is up. It cannot be sent the signals instead: PID 1 of a
  # namespace does not see one that it has no trap for yet, and what runs in the background can trap neither INT nor QUIT.
  outer=
  on_signal() {
    signalled=true
    if [ -z "$outer" ]; then
      pending="$pending $1"
      return
    fi
    (
      while [ -e "$coming" ] && kill -0 "$outer" 2> /dev/null; do sleep 0.02; done
      deliver "$1"
    ) &
  }
  pass_on
  coming=$(mktemp "${TMPDIR:-/tmp}/crac-restore.XXXXXX") || fail 'mktemp could not make a file for this restore'
  # A session of its own, or the process could not be checkpointed again: its session leader would be outside.
  # shellcheck disable=SC2086 # lists
  unshare $namespaces setsid "$0" --inside "$criu" "$coming" $extra -- "$@" <&9 9<&- &
  outer=$!
  for name in $pending; do
    on_signal "$name"
  done
  while :; do
    signalled=false
    wait "$outer"
    code=$?
    [ "$signalled" = true ] && kill -0 "$outer" 2> /dev/null || break
  done
  rm -f "$coming"
  # shellcheck disable=SC2086
  if [ "$code" -eq 1 ] && ! said=$(unshare $namespaces true 2>&1); then
    fail "namespaces cannot be made here: $said" 'run as root, or restore without --clone'
  fi
  exit "$code"
fi
if [ "$inside" = true ]; then
  if [ "$net" = true ]; then
    { ip link set lo up || ifconfig lo up || perl -e '
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1;
        my $up = pack("a16 s x14", "lo", 0x41); ioctl($s, 0x8914, $up) or exit 1;'; } 2> /dev/null ||
      fail 'the loopback interface of the new network namespace could not be brought up: install iproute2'
  fi
  # In a young PID namespace this script's own commands would take the low PIDs that the process wants back.
  if [ "$pid" -lt 1000 ]; then
    echo 20000 > /proc/sys/kernel/ns_last_pid
  fi
  if [ -n "$perfdata" ]; then
    mkdir -p "${perfdata%/*}" && mount -t tmpfs -o mode=0755 tmpfs "${perfdata%/*}" ||
      fail "a tmpfs could not be mounted on ${perfdata%/*}"
  fi
fi

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
  "$criu" restore --images-dir "$here/criu" --work-dir "$work" --log-file restore.log --shell-job "$@" \
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

# While CRIU works, look whether the image is whole. The process does nothing until its mailbox is filled.
# CRIU is let come to its end first, or it would leave a half restored process behind.
abandon() {
  turns=0
  while [ ! -e "$work/restored" ] && [ ! -e "$work/gone" ] && [ "$turns" -lt "$1" ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
  if [ -e "$work/restored" ]; then
    kill -KILL "$pid" 2> /dev/null
  else
    for child in $(cat "/proc/$parent/task/$parent/children" 2> /dev/null); do
      for half in $(cat "/proc/$child/task/$child/children" 2> /dev/null); do
        kill -KILL "$half" 2> /dev/null
      done
      kill -KILL "$child" 2> /dev/null
    done
  fi
  reap
}
reap() {
  exec 5>&-
  wait "$parent" 2> /dev/null
  # Init is given some time to reap, where it is left to it: the next restore needs the PID.
  turns=0
  while [ -e "/proc/$pid" ] && [ "$turns" -lt 200 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
}
if ! whole; then
  abandon 500
  damaged
fi
read -r instance < /proc/sys/kernel/random/uuid
{
  printf 'restored\0%s\0%s\0%s\0%s\0%s\0%s\0' \
    "$instance" "$here" "$bytes" "$work/events" "$work/lifeline" "$#"
  [ $# -eq 0 ] || printf '%s\0' "$@"
  cat "/proc/$$/environ"
  printf 'end\0'
} >> "$work/mailbox"
(
  exec 3<&- 4>&- 5>&- 6>&- 9<&-
  turns=0
  while sleep 1 && [ -p "$work/events" ]; do
    turns=$((turns + 1))
    if [ -e "$work/restored" ] && { ! state || [ "$letter" = Z ]; }; then
      echo died > "$work/events"
    elif [ "$turns" -ge "$limit_seconds" ]; then
      echo late > "$work/events"
    else
      continue
    fi
    break
  done
) < /dev/null > /dev/null 2>&1 &
watchdog=$!

event=
while [ -z "$event" ]; do
  read -r event <&4 # a signal that is passed on interrupts this
done
exec 4>&-
kill "$watchdog" 2> /dev/null

if [ "$event" = died ]; then
  # By itself or by a crash: its exit status is this script's, as ever.
  echo 'restore: the process ended before it was back in service' >&2
elif [ "$event" != up ]; then
  abandon 0
  words=$(grep -h Error "$work/restore.log" 2> /dev/null | grep -v RLIMIT_NOFILE | tail -n 5)
  [ -n "$words" ] || words=$(tail -n 5 "$work/criu.err")
  [ -n "$words" ] || words='(it said nothing)'
  case $event:$words in
    late:*) fail "the process was not back in service within $limit_seconds s: $words" ;;
    *"Can't fork for $pid: File exists"*) fail "PID $pid is taken here: end that process, or use --clone" ;;
    *'Unable to create a thread: -17'*) # EEXIST
      fail 'the ID of a thread of the process is taken here: restore it with --clone' ;;
    *"Don't have tty"*)
      mend='the process was checkpointed on a terminal: restore it on one, or checkpoint one that has files or pipes' ;;
    *'bad size'*) mend='a file that the process had open has changed: put it back as it was' ;;
    *"Can't open file"*) mend='a file that the process had open is missing: put it back' ;;
    *) mend="run '$criu check' to see whether CRIU works on this kernel with these rights" ;;
  esac
  fail "$criu could not restore the process:" "$words" "$mend"
fi
rm -rf "$work"
[ -z "$coming" ] || rm -f "$coming"
exec 6>&-
up=true
for name in $pending; do
  kill -s "$name" "$pid" 2> /dev/null
done
while [ "$event" = up ]; do
  signalled=false
  read -r word <&3 || [ "$signalled" = true ] || break
done

# ---- The process has ended (or closed its lifeline for a checkpoint of its own; then it is watched more slowly).
turns=0
while state && [ "$letter" != Z ]; do
  turns=$((turns + 1))
  [ "$turns" -le 1000 ] || sleep 0.1
done
reap
case $status in '' | *[!0-9]*) exit 125 ;; esac
if [ $((status % 128)) -ne 0 ]; then
  exit $((128 + status % 128))
fi
exit $((status / 256))
