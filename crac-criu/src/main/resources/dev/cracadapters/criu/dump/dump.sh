#!/bin/sh
# Dumps the JVM that started this script, completes the image, and only then ends the JVM, or lets it go on. A process
# cannot dump its own tree, so this runs in a session of its own, adopted by init. Its one argument is the staging folder
# inside the image folder; values.sh there tells the rest. Whatever fails, the JVM is told through its mailbox and goes on.
set -u
umask 077 # an image holds what the process knew
staging=$1
cd "$staging" || exit 1
. ./values.sh
. ./needed.sh
. ./edits.sh

jvm_lives() {
  stat=
  IFS= read -r stat 2> /dev/null < "/proc/$pid/stat" || return 1
  case ${stat##*) } in [ZX]*) return 1 ;; esac
}
failed() {
  printf 'failed\0%s\0end\0' "$1" >&8
  # The JVM removes this folder. Was it killed, then nobody else would, and there is memory of it in here.
  turns=0
  while [ -e mailbox ] && jvm_lives && [ "$turns" -lt 100 ]; do
    turns=$((turns + 1))
    sleep 0.1
  done
  jvm_lives || rm -rf "$staging"
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

# Was this script killed, nobody else would let the JVM go on. The end of the file is the end of this script and of CRIU.
mkfifo alive || failed "mkfifo could not make a FIFO in $staging"
(
  read -r word < alive
  [ "$word" != ended ] || exit 0
  kill -CONT "$pid" 2> /dev/null
  failed 'the dump script was killed'
) > /dev/null 2>&1 &
exec 9> alive
trap 'echo ended >&9' EXIT

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
{ needed_sums & } > needed.sums 2> needed.err 8>&- 9>&-
sums_taken=$!

mkdir criu || failed "mkdir could not make $staging/criu"
set --
for stream in $streams_external; do
  set -- "$@" --external "$stream"
done
now
began=$moment
# Left stopped, not killed: the process ends when its image is whole, and not before.
# shellcheck disable=SC2086 # no word or one
timeout -s KILL "$limit_seconds" "$criu" dump $unprivileged --tree "$pid" --images-dir criu --log-file dump.log \
  --shell-job --leave-stopped --ghost-limit "$ghost_limit" "$@" < /dev/null > criu.out 2>&1 8>&- &
dump=$!
# CRIU waits for ever for a JVM that is killed while it holds it, and so long the JVM is not gone.
# Meanwhile it tells how far CRIU is: twice a second in a file, for the one who watches this folder, and once to people.
(
  turn=0
  while sleep 0.5; do
    jvm_lives || { sleep 1; kill -TERM "$dump"; }
    written=0
    for size in $(stat -c %s criu/pages-*.img); do
      written=$((written + size))
    done
    echo "dump $written $resident" > progress
    turn=$((turn + 1))
    [ $((turn % 2)) -eq 1 ] || tell "dumped $((written >> 20)) of about $((resident >> 20)) MB"
  done
) > /dev/null 2>&1 8>&- 9>&- &
watch=$!
wait "$dump"
code=$?
kill "$watch"
if [ "$code" -ne 0 ]; then
  # CRIU resumes what it froze when it fails by itself. When it was killed, nobody did.
  kill -CONT "$pid"
  if [ "$code" -ge 124 ]; then
    failed "criu dump was ended after $limit_seconds s or killed (exit status $code)"
  fi
  failed "criu dump ended with exit status $code"
fi

gives_up() {
  kill -CONT "$pid"
  failed "$1"
}
read -r uptime _ < /proc/uptime # by the clock that the process's timers go by, or nearly
now
dumped=$moment
mv criu/dump.log dump.log || gives_up 'the dump log could not be moved'
edit_streams || gives_up 'the standard streams could not be edited in the image (the commands od and awk must be in PATH)'
forget_sizes
{ temporary_folders & } > folders 2> folders.err 8>&- 9>&-
folders_found=$!
checksums=$(cd criu && cksum -- *) || gives_up 'the checksums could not be taken'
wait "$sums_taken" || gives_up "a file that a restore needs could not be read: $(head -n 1 needed.err)"
wait "$folders_found" || gives_up "the temporary folders could not be listed: $(head -n 1 folders.err)"
highest=0 # of the threads' IDs
for core in criu/core-*.img; do
  core=${core##*-}
  [ "${core%.img}" -le "$highest" ] || highest=${core%.img}
done
bytes=0
files=
while read -r sum size name; do
  bytes=$((bytes + size))
  files="$files${files:+,}
    {\"name\": \"$name\", \"bytes\": $size, \"cksum\": $sum}"
done <<LIST
$checksums
LIST
now
summed=$moment
dump_millis=$((dumped - began))
checksum_millis=$((summed - dumped))
parts="trim=$trim_millis dump=$dump_millis checksums=$checksum_millis"
{
  cat restore.head
  printf 'bytes=%s\nhighest=%s\nuptime_then=%s\n' "$bytes" "$highest" "${uptime%%.*}"
  printf "parts='%s'\n" "$parts"
  printf "checksums='%s'\n" "$checksums"
  printf "perfdata_sum='%s'\n" "$([ ! -f perfdata ] || cksum < perfdata)"
  printf "needed_sums='%s'\n" "$(cat needed.sums)"
  assign folders "$(cat folders)"
  printf "policy_files='%s'\n" "$(printf %s "$policy_files" | sed "s/'/'\\\\''/g")"
  cat restore.body
} > restore && chmod 700 restore || gives_up 'the restore script could not be written'
{
  # The JVM wrote the object without its closing brace: what is known only now comes last.
  cat manifest.head
  printf ',\n  "millis": {"trim": %s, "dump": %s, "checksums": %s}' "$trim_millis" "$dump_millis" "$checksum_millis"
  printf ',\n  "imageBytes": %s,\n  "files": [%s\n  ]\n}\n' "$bytes" "$files"
} > manifest.json || gives_up 'the manifest could not be written'
# The files alone where sync can do that: the whole file system may have gigabytes of others' data to write.
sync -- criu/* ${copies:+copies/*} restore manifest.json . 2> /dev/null || sync

# Without its restore script the folder is no image: that goes first and comes last.
cd .. || gives_up 'the image folder is gone'
rm -rf restore criu manifest.json perfdata copies dump.log || gives_up 'the older image could not be removed'
mv "$staging/criu" "$staging/manifest.json" "$staging/dump.log" . || gives_up 'the image could not be moved in place'
if [ -f "$staging/perfdata" ]; then
  mv "$staging/perfdata" . || gives_up 'the image could not be moved in place'
fi
if [ -d "$staging/copies" ]; then
  mv "$staging/copies" . || gives_up 'the image could not be moved in place'
fi
mv "$staging/restore" . || gives_up 'the restore script could not be moved in place'
now
tell "image of $((bytes >> 20)) MB in $(pwd -P): walk $walk_millis ms, trim $trim_millis ms, dump $dump_millis ms,\
 checksums $checksum_millis ms, disk $((moment - summed)) ms"
# Before the process ends: restored, it may stage its next image under the same name at once. The JVM holds its mailbox
# open, and so does this script: both outlive the name.
rm -rf "$staging"
if [ "$leave_running" = true ]; then
  # shellcheck disable=SC2086 # a list
  { printf 'imaged\0image=%s\0bytes=%s\0' "$(pwd -P)" "$bytes" && printf 'part=%s\0' $parts && printf 'end\0'; } >&8
  kill -CONT "$pid"
else
  kill -KILL "$pid"
fi
