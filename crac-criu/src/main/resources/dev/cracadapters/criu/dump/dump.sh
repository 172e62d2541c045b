#!/bin/sh
# Has CRIU dump the JVM that started this script, and completes the image while CRIU holds the JVM. Only then CRIU ends the
# JVM, or lets it go on. A process cannot dump its own tree, so this runs in a session of its own, adopted by init. Its one
# argument is the staging folder inside the image folder, where values.sh has the rest. If anything fails, the JVM reads so
# in its mailbox and goes on.
set -u
umask 077 # an image holds what the process knew
staging=$1 image=${1%/*}
cd "$staging" || exit 1
. ./values.sh
. ./shared.sh
. ./trust.sh
. ./signature.sh
. ./encryption.sh
. ./needed.sh
. ./edits.sh
. ./mapped.sh
. ./trial.sh
. ./complete.sh

main() {
  own='' memory='' said=''
  # It has room already, and is opened now: so the mail arrives even when the disk is full or the folder's rights are gone.
  exec 8<> mailbox
  # When memory is short, the kernel must not kill this: if CRIU ends in the middle of its work, the JVM ends with it.
  { echo -1000 > /proc/self/oom_score_adj; } 2> /dev/null
  jvm_lives || failed 'the JVM was killed'
  find_hold || failed "nothing can be executed in $image, nor in \$TMPDIR, /tmp, /var/tmp, /dev/shm, /run or \$HOME \
(mounted noexec), and CRIU has to execute a script"
  [ -z "$encrypted_by" ] || write_to_memory
  start_guard
  await_go
  name_older
  (watch_preparation) > /dev/null 2>&1 5<&- 7>&- 9>&- &
  watch=$!
  copy_temporary_files || failed "cp could not copy the process's temporary files into the image folder"
  needed_sums > needed.sums 2> needed.err 7>&- 8>&- 9>&- &
  sums_taken=$!
  shared_digests > shared.digests 2> shared.err 7>&- 8>&- 9>&- &
  digests_taken=$!
  dump
  (watch_hold) > /dev/null 2>&1 5<&- 7>&- 9>&- &
  watch=$!
  complete_image
  commit
  look_at_clock
  said="walk $walk_millis ms, trim $trim_millis ms, dump $dump_millis ms, checksums $checksum_millis ms\
${trial_millis:+, trial $trial_millis ms}, disk $((moment - summed)) ms"
  say "image of $((bytes >> 20)) MB in $image: $said"
  finish
}

# The one that started this, and not a restored one with its PID.
jvm_lives() {
  lives "$pid" && [ "$born" = "${jvm_born=$born}" ]
}
failed() {
  through=true
  printf 'failed\0%s\0end\0' "$1" >&8
  [ -e scripts ] || rm -rf ${own:+"$own"} ${memory:+"$memory"} # there is no guard yet, and nobody else removes these
  # The JVM removes this folder, which holds its memory. If the JVM was killed, or ends while it does so, nobody else does.
  turns=0
  while [ -d "$staging" ] && jvm_lives && [ "$turns" -lt 100 ]; do
    turns=$((turns + 1))
    sleep 0.1
  done
  jvm_lives || rm -rf "$staging" ${attach_name:+"$attach_name" "${attach_name%.tmp}"}
  exit 1
}
# Leaves in $moment the milliseconds since the machine's start, in the kernel's hundredths: date(1) would be one more process
# to start while the JVM stands still.
look_at_clock() {
  read -r uptime moment < /proc/uptime
  moment=$((${uptime%.*} * 1000 + 1${uptime#*.} * 10 - 1000)) # 08 is no number
}
# Prints on the JVM's standard error, since the JVM stands still. A child opens it, because a session leader would make a
# terminal its own; for a second at most, because nobody may be reading.
say() {
  ! writes_over || return 0
  ( printf 'crac-criu: %s\n' "$1" >> "/proc/$pid/fd/2" ) < /dev/null > /dev/null 2>&1 5<&- 7>&- 8>&- 9>&- &
  turns=0
  while lives $! && [ "$turns" -lt 300 ]; do
    turns=$((turns + 1))
    [ "$turns" -le 200 ] || sleep 0.01
  done
  ! lives $! || kill -KILL $!
}
# Whether the JVM will write over what is said here: it goes on, at the place in the file where it was, unless it appends.
writes_over() {
  [ "$leave_running" = true ] && [ -f "/proc/$pid/fd/2" ] || return 1
  flags=0
  while read -r name flags; do
    [ "$name" != flags: ] || break
  done < "/proc/$pid/fdinfo/2"
  [ $((flags & 02000)) -eq 0 ] # O_APPEND, octal as flags is
} 2> /dev/null

# CRIU starts its action script by its path: it must be where files can be executed.
find_hold() {
  own=
  hold=$staging/hold
  CRTOOLS_SCRIPT_ACTION=none "$hold" && return
  for folder in "${TMPDIR:-/tmp}" /tmp /var/tmp /dev/shm /run "${HOME:-/root}"; do
    is_safe_folder "$folder" || continue # or somebody else could have CRIU execute something of theirs
    own=$(mktemp -d "$real/crac-dump.XXXXXX") || continue
    hold=$own/hold
    cp "$staging/hold" "$hold" && CRTOOLS_SCRIPT_ACTION=none "$hold" && return
    rm -rf "$own"
  done
  own=
  return 1
} 2> /dev/null

# What is to be encrypted never comes to a disk in clear.
write_to_memory() {
  find_memory && memory=$(mktemp -d "$memory/crac-dump.XXXXXX") || failed 'no tmpfs takes what is to be encrypted'
  for part in criu copies ${perfdata:+perfdata}; do
    case $part in
      perfdata) mv perfdata "$memory/" ;;
      *) { rmdir "$part" 2> /dev/null || :; } && mkdir "$memory/$part" ;;
    esac && ln -s "$memory/$part" "$part" || failed "$part could not be brought to the tmpfs $memory"
  done
}

# CRIU's action script says in "held" that the images are written and the process is held, and reads in "answer" how to go
# on. "held" has a writer until CRIU has ended. If this script is killed, a guard answers and writes to the JVM in its place:
# the end of the file "alive" is the end of this script.
start_guard() {
  mkfifo alive held answer || failed "mkfifo could not make a FIFO in $staging"
  exec 6<> held 5< held 6>&-
  exec 7<> answer
  exec 9<> alive # before there is a guard, which would wait for ever to open what nobody writes
  (
    exec 4< alive 9>&-
    read -r word <&4
    [ "$word" != ended ] || exit 0
    await_criu() { while read -r word <&5; do :; done; }
    rm -rf ${own:+"$own"} ${memory:+"$memory"}
    if [ ! -d "$staging" ]; then
      let_go
    elif ! decide refused && [ ! -e refused ] && [ ! -e undecided ]; then
      exec 9<> alive # for whoever waits for the files to be in their places
      mv -f restore ../restore 2> /dev/null
      finish
    else
      echo incomplete >&7
      await_criu
      failed 'the dump script was killed'
    fi
  ) > /dev/null 2>&1 &
  guard=$!
  echo "$$ $guard" > scripts # the JVM looks for them
  through=false # the guard takes over from a script that ends before
  trap 'rm -rf ${own:+"$own"} ${memory:+"$memory"}; [ "$through" = false ] || echo ended >&9' EXIT
}
# The JVM says go when it has reaped the shell that started this script: a zombie child would be dumped, too.
await_go() {
  turns=0
  while [ ! -e go ]; do
    jvm_lives || failed 'the JVM was killed'
    turns=$((turns + 1))
    [ "$turns" -le 3200 ] || failed 'the JVM did not say go within 30 s'
    [ "$turns" -le 200 ] || sleep 0.01 # mostly it has said so already
  done
}

# Returns when CRIU holds the process.
dump() {
  set --
  for stream in $streams_external $older; do
    set -- "$@" --external "$stream"
  done
  [ "$leave_running" = false ] || set -- "$@" --leave-running
  exec 6> held
  look_at_clock
  began=$moment
  kill "$watch" 2> /dev/null
  # In a process group of its own, so that all of it can be ended. watch_dump keeps the time limit.
  # CRIU_FAULT 130: without hardware breakpoints, which never fire in some virtual machines (criu issue 2658): CRIU hangs there.
  # shellcheck disable=SC2086 # no word or one
  CRIU_FAULT="${CRIU_FAULT-130}" setsid "$criu" dump $unprivileged \
    --tree "$pid" --images-dir criu --work-dir . --log-file dump.log --shell-job --ghost-limit "$ghost_limit" \
    --action-script "$hold" "$@" < /dev/null > criu.out 2>&1 5<&- 7>&- 8>&- 9>&- &
  dump=$!
  exec 6>&-
  (watch_dump) > /dev/null 2>&1 5<&- 7>&- 8>&- 9>&- &
  watch=$!
  read -r holder holding_criu <&5
  look_at_clock # the one that the process's timers go by, or nearly
  dumped=$moment dumped_at=${uptime%.*}
  kill "$watch" 2> /dev/null
  [ -z "$holder" ] || return 0
  # CRIU has let go of the process, or the kernel has when CRIU was killed.
  wait "$dump"
  code=$?
  if [ "$code" -ge 124 ] && [ "$code" -ne 255 ]; then
    failed "criu dump was ended after $limit_seconds s or killed (exit status $code)"
  fi
  failed "criu dump ended with exit status $code${memory:+, writing to the tmpfs $memory}"
}
# Ends CRIU after its time limit, and when the JVM is killed: CRIU would wait for it for ever. Ends what a CRIU that was killed
# has left behind. Writes how far CRIU is into a file twice a second, and on the JVM's standard error once a second.
watch_dump() {
  turn=0
  read -r up word < /proc/uptime
  last=$((${up%.*} + limit_seconds))
  while sleep 0.5 && [ -e values.sh ]; do
    jvm_lives || { sleep 1; kill -s TERM -- "-$dump"; }
    read -r up word < /proc/uptime
    # Where CRIU alone was killed, a child of its own may go on, and keep "held" open.
    if [ "${up%.*}" -gt "$last" ] || ! lives "$dump"; then
      end_criu
      echo 1<> held # where somebody else keeps it open
      exit
    fi
    written=0
    for size in $(stat -c %s criu/pages-*.img); do
      written=$((written + size))
    done
    echo "dump $written $resident" > progress
    turn=$((turn + 1))
    [ $((turn % 2)) -eq 1 ] || say "dumped $((written >> 20)) of about $((resident >> 20)) MB"
  done
}

main
