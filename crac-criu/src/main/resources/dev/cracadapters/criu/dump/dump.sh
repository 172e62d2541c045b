#!/bin/sh
# Has CRIU dump the JVM that started this script, completes the image while CRIU holds the JVM, and only then CRIU ends the
# JVM, or lets it go on. A process cannot dump its own tree, so this runs in a session of its own, adopted by init. Its one
# argument is the staging folder inside the image folder; values.sh there tells the rest. Whatever fails, the JVM is told
# through its mailbox and goes on.
set -u
umask 077 # an image holds what the process knew
staging=$1
cd "$staging" || exit 1
. ./values.sh
. ./needed.sh
. ./edits.sh
. ./complete.sh

# The one that there was at first, and not a restored one of its PID.
jvm_lives() {
  stat=
  IFS= read -r stat 2> /dev/null < "/proc/$pid/stat" || return 1
  # shellcheck disable=SC2086 # a list
  set -- ${stat##*) }
  case $1 in [ZX]*) return 1 ;; esac
  [ "${20}" = "${born=${20}}" ]
}
failed() {
  printf 'failed\0%s\0end\0' "$1" >&8
  # The JVM removes this folder. Was it killed, then nobody else would, and there is memory of it in here.
  turns=0
  while [ -e mailbox ] && jvm_lives && [ "$turns" -lt 100 ]; do
    turns=$((turns + 1))
    sleep 0.1
  done
  jvm_lives || [ ! -e mailbox ] || rm -rf "$staging"
  exit 1
}

# Milliseconds of a clock that only tells how long something took.
now() {
  moment=$(date +%s%N)
  case $moment in
    *[!0-9]*) # a date that knows no fractions: the kernel's hundredths
      read -r moment word < /proc/uptime
      moment=${moment%.*}${moment#*.}0
      ;;
    *) moment=${moment%??????} ;;
  esac
}
# To the JVM's own standard error, where whoever waits for the checkpoint looks: it cannot speak for itself now. Opened by a
# child, because a session's leader would make a terminal its own, and not for long, because nobody may be reading.
tell() {
  # shellcheck disable=SC2016 # expanded by the other shell
  timeout -s KILL 1 sh -c 'printf "crac-criu: %s\n" "$1" >> "/proc/$2/fd/2"' tell "$1" "$pid" \
    < /dev/null > /dev/null 2>&1 8>&- 9>&-
}

# Its bytes are there already, and it is opened now: the mail arrives when the disk is full or the folder's rights are gone.
exec 8<> mailbox

# The kernel's killer, when memory is short, is to look elsewhere: with CRIU, in the middle of its work, the JVM would end.
{ echo -1000 > /proc/self/oom_score_adj; } 2> /dev/null

jvm_lives || failed 'the JVM was killed'

# CRIU starts its action script by its path: it must be where files can be executed.
find_hold() {
  own=
  hold=$staging/hold
  CRTOOLS_SCRIPT_ACTION=none "$hold" && return
  for folder in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm /run "${HOME:-/root}"; do
    own=$(mktemp -d "$folder/crac-dump.XXXXXX") || continue
    hold=$own/hold
    cp "$staging/hold" "$hold" && CRTOOLS_SCRIPT_ACTION=none "$hold" && return
    rm -rf "$own"
  done
  own=
  return 1
} 2> /dev/null
find_hold || failed "nothing can be executed in ${staging%/*}, nor in \$TMPDIR, /tmp, /var/tmp, /dev/shm, /run or \$HOME \
(mounted noexec), and CRIU has to execute a script"

# CRIU's action script says in "held" that it holds the process, whose images are there, and waits in "answer" for an answer.
# Until CRIU has ended, "held" has a writer.
mkfifo alive held answer || failed "mkfifo could not make a FIFO in $staging"
exec 6<> held 5< held 6>&-
exec 7<> answer
# Was this script killed, nobody else would answer, and tell the JVM. The end of the file "alive" is the end of this script.
(
  read -r word < alive
  [ "$word" != ended ] || exit 0
  rm -f undecided
  echo incomplete >&7
  while read -r word <&5; do :; done
  [ -z "$own" ] || rm -rf "$own"
  failed 'the dump script was killed'
) > /dev/null 2>&1 &
guard=$!
exec 9> alive
trap '[ -z "$own" ] || rm -rf "$own"; echo ended >&9' EXIT

# The JVM says go when it has reaped the shell that started this script: a zombie child would be dumped, too.
turns=0
while [ ! -e go ]; do
  jvm_lives || failed 'the JVM was killed'
  turns=$((turns + 1))
  [ "$turns" -le 3000 ] || failed 'the JVM did not say go within 30 s'
  sleep 0.01
done
rm -f go

# The JVM maps this file. The first restored process deletes it when it ends, and the next restore would miss it.
if [ -n "$perfdata" ] && [ -f "$perfdata" ]; then
  cp -p "$perfdata" perfdata || failed "cp could not copy $perfdata into the image folder"
fi

copy_temporary_files || failed "cp could not copy the process's temporary files into the image folder"
{ needed_sums & } > needed.sums 2> needed.err 7>&- 8>&- 9>&-
sums_taken=$!

mkdir criu || failed "mkdir could not make $staging/criu"
set --
for stream in $streams_external; do
  set -- "$@" --external "$stream"
done
[ "$leave_running" = false ] || set -- "$@" --leave-running
exec 6> held
now
began=$moment
# Its limit is the watch's. It is by timeout for the process group that this makes, to end all of it.
# CRIU_FAULT 130: without hardware breakpoints, which never fire in some virtual machines (criu issue 2658): CRIU hangs there.
# shellcheck disable=SC2086 # no word or one
CRIU_FAULT="${CRIU_FAULT-130}" CRAC_DUMP_SCRIPTS="$$ $guard" timeout -s KILL 9999999 "$criu" dump $unprivileged --tree "$pid" --images-dir criu \
  --work-dir . --log-file dump.log --shell-job --ghost-limit "$ghost_limit" --action-script "$hold" "$@" \
  < /dev/null > criu.out 2>&1 5<&- 7>&- 8>&- 9>&- &
dump=$!
exec 6>&-

# CRIU waits for ever for a JVM that is killed while it dumps it, and so long the JVM is not gone.
# Meanwhile it tells how far CRIU is: twice a second in a file, for the one who watches this folder, and once to people.
watch_dump() {
  turn=0
  read -r up _ < /proc/uptime
  last=$((${up%.*} + limit_seconds))
  while sleep 0.5 && [ -e values.sh ]; do
    jvm_lives || { sleep 1; kill -TERM "$dump"; }
    read -r up _ < /proc/uptime
    if [ "${up%.*}" -gt "$last" ]; then
      end_criu
      echo > held # where somebody else keeps it open
      exit
    fi
    written=0
    for size in $(stat -c %s criu/pages-*.img); do
      written=$((written + size))
    done
    echo "dump $written $resident" > progress
    turn=$((turn + 1))
    [ $((turn % 2)) -eq 1 ] || tell "dumped $((written >> 20)) of about $((resident >> 20)) MB"
  done
}
(watch_dump) > /dev/null 2>&1 5<&- 7>&- 8>&- 9>&- &
watch=$!
read -r holder holding_criu <&5
now
dumped=$moment
read -r uptime _ < /proc/uptime # by the clock that the process's timers go by, or nearly
kill "$watch" 2> /dev/null
if [ -z "$holder" ]; then
  # CRIU has let go of the process, or the kernel has when CRIU was killed.
  wait "$dump"
  code=$?
  if [ "$code" -ge 124 ] && [ "$code" -ne 255 ]; then
    failed "criu dump was ended after $limit_seconds s or killed (exit status $code)"
  fi
  failed "criu dump ended with exit status $code"
fi

(watch_hold) > /dev/null 2>&1 5<&- 7>&- 9>&- &
watch=$!
complete_image
move_in_place
now
tell "image of $((bytes >> 20)) MB in $image: walk $walk_millis ms, trim $trim_millis ms, dump $dump_millis ms,\
 checksums $checksum_millis ms, disk $((moment - summed)) ms"
# Before the process ends: restored, it may stage its next image under the same name at once. The JVM holds its mailbox
# open, and so does this script: both outlive the name.
rm -rf "$staging"
echo whole >&7
await_criu
if [ "$leave_running" = true ]; then
  # shellcheck disable=SC2086 # a list
  { printf 'imaged\0image=%s\0bytes=%s\0' "$image" "$bytes" && printf 'part=%s\0' $parts && printf 'end\0'; } >&8
elif jvm_lives; then
  kill -KILL "$pid" # CRIU was killed at the very last
fi
