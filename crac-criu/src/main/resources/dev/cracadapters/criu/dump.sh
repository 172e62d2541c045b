#!/bin/sh
# Dumps the JVM that started this script, completes the image, and only then ends the JVM, or lets it go on. A process cannot dump its own
# tree, so this runs in a session of its own, adopted by init. Its one argument is the staging folder inside the image
# folder; values.sh there tells the rest. Whatever fails, the JVM is told through its mailbox and goes on.
set -u
staging=$1
cd "$staging" || exit 1
. ./values.sh

# Held open, as the JVM holds it: it can be told whatever becomes of the folder, and of this script's place in it.
exec 7>> mailbox
failed() {
  printf 'failed\0%s\0end\0' "$1" >&7
  exit 1
}

# The JVM says go when it has reaped the shell that started this script: a zombie child would be dumped, too.
turns=0
while [ ! -e go ]; do
  turns=$((turns + 1))
  [ "$turns" -le 3000 ] || failed 'the JVM did not say go within 30 s'
  sleep 0.01
done
rm -f go

# The JVM maps this file. The first restored process deletes it when it ends, and the next restore would miss it.
if [ -n "$perfdata" ] && [ -f "$perfdata" ]; then
  cp -p "$perfdata" perfdata || failed "cp could not copy $perfdata into the image folder"
fi

mkdir criu || failed "mkdir could not make $staging/criu"
# Left stopped, not killed: the process ends when its image is whole, and not before.
timeout -s KILL "$limit_seconds" "$criu" dump --tree "$pid" --images-dir criu --log-file dump.log \
  --shell-job --leave-stopped < /dev/null > criu.out 2>&1 7>&-
code=$?
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
mv criu/dump.log dump.log || gives_up 'the dump log could not be moved'
checksums=$(cd criu && cksum -- *) || gives_up 'the checksums could not be taken'
bytes=0
files=
while read -r sum size name; do
  bytes=$((bytes + size))
  files="$files${files:+,}
    {\"name\": \"$name\", \"bytes\": $size, \"cksum\": $sum}"
done <<LIST
$checksums
LIST
{
  cat restore.head
  printf 'bytes=%s\n' "$bytes"
  printf "checksums='%s'\n" "$checksums"
  cat restore.body
} > restore && chmod 700 restore || gives_up 'the restore script could not be written'
{
  # The JVM wrote the object without its closing brace: what is known only now comes last.
  cat manifest.head
  printf ',\n  "imageBytes": %s,\n  "files": [%s\n  ]\n}\n' "$bytes" "$files"
} > manifest.json || gives_up 'the manifest could not be written'
# The files alone where sync can do that: the whole file system may have gigabytes of others' data to write.
sync -- criu/* restore manifest.json . 2> /dev/null || sync

# Without its restore script the folder is no image: that goes first and comes last.
cd .. || gives_up 'the image folder is gone'
rm -rf restore criu manifest.json perfdata dump.log || gives_up 'the older image could not be removed'
mv "$staging/criu" "$staging/manifest.json" "$staging/dump.log" . || gives_up 'the image could not be moved in place'
if [ -f "$staging/perfdata" ]; then
  mv "$staging/perfdata" . || gives_up 'the image could not be moved in place'
fi
mv "$staging/restore" . || gives_up 'the restore script could not be moved in place'
# Before the process ends: restored, it may stage its next image under the same name at once.
rm -rf "$staging"
if [ "$leave_running" = true ]; then
  printf 'imaged\0image=%s\0bytes=%s\0end\0' "$(pwd -P)" "$bytes" >&7
  kill -CONT "$pid"
else
  kill -KILL "$pid"
fi
