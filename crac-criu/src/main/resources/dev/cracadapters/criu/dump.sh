#!/bin/sh
# Dumps the JVM that started this script, completes the image, and only then ends the JVM. A process cannot dump its own
# tree, so this runs in a session of its own, adopted by init. Its one argument is the staging folder inside the image
# folder; values.sh there tells the rest. Whatever fails, the JVM is told through its mailbox and goes on.
set -u
staging=$1
cd "$staging" || exit 1
. ./values.sh

failed() {
  printf 'failed\0%s\0end\0' "$1" > mailbox
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
  --shell-job --leave-stopped < /dev/null > criu.out 2>&1
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
# ---- Files under a descriptor policy may change until a restore, where CRIU would insist on their sizes and modes: the
# fields become ones that it does not know. The restore script looks at the sizes instead.
policy_files=
if [ -n "$policy_list" ]; then
  places=$(od -An -v -tu1 criu/files.img | awk -v wanted="$policy_names" -f places.awk) ||
    gives_up 'od and awk could not read the list of open files'
  index=0
  while IFS= read -r line; do
    index=$((index + 1))
    action=${line%% *} line=${line#* }
    number=${line%% *} line=${line#* }
    access=${line%% *} path=${line#* }
    size=$(stat -L -c %s "/proc/$pid/fd/$number") || gives_up "stat could not tell the size of $path"
    spots=
    while read -r which what offset length; do
      [ "$which" = "$index" ] || continue
      if [ "$what" = name ]; then
        spots="$spots${spots:+,}$offset:$length"
      else
        printf '\170' | dd of=criu/files.img bs=1 seek="$offset" conv=notrunc 2> /dev/null ||
          gives_up 'dd could not write the list of open files'
      fi
    done <<LIST
$places
LIST
    policy_files="$policy_files${policy_files:+
}$action $number $access $size ${spots:--} $path"
  done <<LIST
$policy_list
LIST
fi
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
  printf "policy_files='%s'\n" "$(printf %s "$policy_files" | sed "s/'/'\\\\''/g")"
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
kill -KILL "$pid"
