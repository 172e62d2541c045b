# The completion of the image, while CRIU holds the process in its action script: see hold.sh. A part of the dump script.

# Whether CRIU waits for its action script, and so holds the process. If CRIU was killed, the script has another parent.
held() {
  lives "$holder" && [ "$ppid" = "$holding_criu" ]
}
# CRIU has little to do once it has its answer.
await_criu() {
  turns=0
  while lives "$dump" && [ "$turns" -lt $((limit_seconds * 100)) ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
  [ ! -e "/proc/$dump" ] || end_criu # or it has been reaped
} 2> /dev/null
# CRIU, its action script, and all that a criu which is itself a script has started.
end_criu() {
  kill -s KILL -- "-$dump" || kill -KILL "$dump"
} 2> /dev/null

gives_up() {
  kill "$watch" 2> /dev/null
  rm -f dump.log # CRIU will complain there that its action script failed
  echo incomplete >&7
  await_criu
  failed "$1"
}
killed_meanwhile='criu dump was killed while the image was being completed'

# If CRIU lets go of the process, or the image is not complete in time, it is not to take its place.
watch_hold() {
  # The digests of all memory alone may take that long on a slow machine.
  limit_seconds=$((limit_seconds + (resident >> 26) + $(trial_seconds)))
  read -r up word < /proc/uptime
  last=$((${up%.*} + limit_seconds)) why=$killed_meanwhile
  while sleep 0.5 && held; do
    read -r up word < /proc/uptime
    [ "${up%.*}" -lt "$last" ] || { why='' && break; }
  done
  decide refused || exit
  kill -KILL "$holder"
  await_criu
  [ -z "$why" ] || failed "$why"
  end_stuck
}
# What lies before the dump has as much time as that.
watch_preparation() {
  read -r up word < /proc/uptime
  last=$((${up%.*} + limit_seconds))
  while sleep 0.5 && [ -e values.sh ] && lives "$$"; do
    read -r up word < /proc/uptime
    [ "${up%.*}" -ge "$last" ] || continue
    decide refused && end_stuck
    break
  done
}
# The process stands still, or waits, as long as this script works: where a command does not end, since a file system does
# not answer or a FIFO has taken the place of a file, all of them are ended.
end_stuck() {
  exec 9<> alive
  waited_for=
  for one in /proc/[0-9]*; do
    IFS= read -r line < "$one/stat" || continue
    name=${line#*\(}
    # shellcheck disable=SC2086 # a list: state, parent, process group
    set -- ${line##*) }
    [ "$3" = "$$" ] || continue
    case ${name%)*} in sh | dash | bash | busybox | sleep) ;; *) waited_for="$waited_for ${name%)*}" ;; esac
  done
  echo ended >&9 # the guard has nothing to do any more
  rm -rf ${own:+"$own"} ${memory:+"$memory"}
  (failed "the image was not complete within $limit_seconds s: waited for${waited_for:- the dump script}")
  kill -s KILL -- "-$$"
} 2> /dev/null

# Adds to CRIU's images what makes them an image, still in the staging folder.
complete_image() {
  edit_streams || gives_up 'the standard streams could not be edited in the image (the commands od and awk must be in PATH)'
  forget_sizes
  map_memory
  temporary_folders > folders 2> folders.err 7>&- 8>&- 9>&- &
  folders_found=$!
  threads='' highest=0
  for core in criu/core-*.img; do
    core=${core##*-} core=${core%.img}
    threads="$threads $core"
    [ "$core" -le "$highest" ] || highest=$core
  done
  wait "$folders_found" || gives_up "the temporary folders could not be listed: $(head -n 1 folders.err)"
  put_mapped
  [ -n "$mapped" ] || lacking="$lacking memory"
  find_ending
  bytes=0
  for size in $(exec stat -c %s -- criu/* $mapped); do
    bytes=$((bytes + size))
  done
  [ -z "$encrypted_by" ] || encrypt_parts
  # shellcheck disable=SC2086 # a pattern
  cksum -- $large $mapped > large.sums 2> large.err 7>&- 8>&- 9>&- &
  large_summed=$!
  # shellcheck disable=SC2086
  large_digests=$(sha256_of_large $large $mapped) || gives_up 'the digests of the image could not be taken'
  others=$(digests_but_large) || gives_up 'the digests of the image could not be taken'
  wait "$sums_taken" || gives_up "a file that a restore needs could not be read: $(head -n 1 needed.err)"
  wait "$digests_taken" || gives_up "a file that a restore needs could not be read, by sha256sum or openssl: $(head -n 1 shared.err)"
  wait "$large_summed" || gives_up "the checksums of the image could not be taken: $(head -n 1 large.err)"
  look_at_clock
  summed=$moment
  dump_millis=$((dumped - began))
  checksum_millis=$((summed - dumped))
  parts="trim=$trim_millis dump=$dump_millis checksums=$checksum_millis"
  others_but_manifest=$others trial_millis='' why_untried=''
  seal
  try_image
  # With what came of that.
  [ -z "$trial_millis" ] || parts="$parts trial=$trial_millis"
  [ -z "$trial_millis$why_untried" ] || seal
  look_at_clock
  summed=$moment
  # What the JVM is told: the guard may have to.
  # shellcheck disable=SC2086 # a list
  { printf 'imaged\0image=%s\0bytes=%s\0' "$image" "$bytes" && printf 'part=%s\0' $parts && printf 'end\0'; } > imaged ||
    gives_up 'the staging folder could not be written'
  # The files alone where sync can do that: the whole file system may have gigabytes of others' data to write.
  names=${encrypted_by:+encrypted}
  [ -n "$names" ] || names="criu/* $mapped ${copies:+copies/*} ${perfdata:+perfdata}"
  # shellcheck disable=SC2086 # a pattern
  sync -- $names restore manifest.json SHA256SUMS* imaged . 2> /dev/null || sync
}
# Leaves in $ending when the process was started, in ticks, by the machine's clock: CRIU gives what it restores one of its own.
# Empty where the process is not to end.
find_ending() {
  ending=
  [ "$leave_running" = false ] && jvm_lives || return 0
  ending=$jvm_born
  while read -r clock seconds nanos; do
    [ "$clock" != boottime ] || ending=$((ending - seconds * 100 - nanos / 10000000))
  done < /proc/self/timens_offsets
} 2> /dev/null
# Writes what tells of all the rest: the manifest, the restore script, and the digests.
seal() {
  others=$others_but_manifest
  complete_manifest || gives_up 'the manifest could not be written'
  others=$(digests_but_large) || gives_up 'the digests of the image could not be taken' # with the manifest's
  # The JVM wrote all but what is known only now, which the script has to know before it does anything.
  {
    cat restore.head && printf 'bytes=%s\nhighest=%s\nuptime_then=%s\nattach_spot=%s\nmapped=%s\n' \
      "$bytes" "$highest" "$dumped_at" "$attach_spot" "$mapped" &&
      printf "ending='%s'\n" "$ending" &&
      printf "lacking='%s'\n" "$lacking" &&
      printf "parts='%s'\nthreads='%s'\nlarge_digests='%s'\nothers='%s'\n" "$parts" "$threads" "$large_digests" "$others" &&
      assign large_sums < large.sums && assign needed_sums < needed.sums && assign shared_digests < shared.digests &&
      assign folders < folders && assign policy_files < policy.files &&
      cat restore.parts
  } > restore || gives_up 'the restore script could not be written'
  # The script's own digest comes first: it reads no more than one line before anything else.
  script=$(sha256 restore) && printf '%s\n' "$script" "$others" "$large_digests" > SHA256SUMS || gives_up 'the digests could not be written'
  if [ "$signed" = true ]; then
    sign SHA256SUMS "$image_key" 2> sign.err || gives_up "the image could not be signed by $image_key: $(head -n 1 sign.err)"
  fi
}
complete_manifest() {
  sizes=$(
    set --
    for one in criu/* copies/* perfdata encrypted memory; do
      [ ! -e "$one" ] || set -- "$@" "$one"
    done
    exec stat -c '%s %n' -- "$@"
  ) || return
  digests=$nl$others$nl$large_digests$nl
  files=
  while read -r size name; do
    digest=${digests%%"  $name$nl"*}
    files="$files${files:+,}
    {\"name\": \"$name\", \"bytes\": $size, \"sha256\": \"${digest##*"$nl"}\"}"
  done <<LIST
$sizes
LIST
  {
    cat manifest.head &&
      printf ',\n  "millis": {"trim": %s, "dump": %s, "checksums": %s%s}' \
        "$trim_millis" "$dump_millis" "$checksum_millis" "${trial_millis:+, \"trial\": $trial_millis}" &&
      { [ -z "$why_untried" ] || printf ',\n  "untried": "%s"' "$why_untried"; } &&
      printf ',\n  "imageBytes": %s,\n  "files": [%s\n  ]\n}\n' "$bytes" "$files"
  } > manifest.json
}

# CRIU has written into memory. What comes to the disk is encrypted.
encrypt_parts() {
  {
    tar -c -h -f - -- criu ${copies:+copies} ${perfdata:+perfdata} 2> encrypt.err || : > cut
  } | encrypt "$encrypted_by" "$encryption_file" > encrypted 2>> encrypt.err || : > cut
  [ ! -e cut ] || gives_up "the image could not be encrypted by $encrypted_by: $(head -n 1 encrypt.err)"
  rm -rf criu copies perfdata "$memory"
}

# Whoever renames "undecided" decides: what nobody else has decided is $1 from now on.
decide() {
  mv undecided "$1"
} 2> /dev/null
# By one rename the restore script takes the place of the older one's, and the image is the new one: the script finds its
# files in the staging folder until they are in their places.
commit() {
  decide committed || { [ -e undecided ] || gives_up "$killed_meanwhile"; gives_up 'the image could not be moved in place'; }
  held || gives_up "$killed_meanwhile"
  kill "$watch" 2> /dev/null
  mv -f restore ../restore || gives_up 'the image could not be moved in place'
}
# From here on nothing can fail. The process ends when its image is where it belongs, or goes on.
finish() {
  sync_folder
  move_in_place .
  # What older images have left that were never moved: this one has taken their place.
  for left in ../.new-*; do
    [ "../${staging##*/}" = "$left" ] || [ -e "$left/restore" ] || [ ! -e "$left/committed" ] || rm -rf "$left"
  done
  # The JVM reads it when CRIU lets it go on; there is room for it, see main.
  [ "$leave_running" = false ] || [ ! -e imaged ] || cat imaged >&8
  # Behind it, or a guard that has to begin again would write into the middle. It has nothing to say itself.
  [ -z "$said" ] || ! writes_over || printf 'said=%s\0' "$said" >&8
  # Before the process ends: nothing of it is left then. The JVM and this script hold the mailbox open, so it outlives its name.
  is_in_place . && rm -rf "$staging" ${own:+"$own"}
  # The names of the attach socket, which a restore makes again: see AttachSocket.
  if [ -n "$attach_name" ]; then
    rm -f "$attach_name"
    [ "$leave_running" = true ] || rm -f "${attach_name%.tmp}"
  fi
  let_go
}
# The process is held meanwhile: a disk that does not answer is not waited for.
sync_folder() {
  sync -- .. 2> /dev/null &
  turns=0
  while lives $! && [ "$turns" -lt 2000 ]; do
    turns=$((turns + 1))
    [ "$turns" -le 200 ] || sleep 0.01
  done
  ! lives $! || kill -KILL $!
}
let_go() {
  echo whole >&7
  await_criu
  [ "$leave_running" = true ] || ! jvm_lives || kill -KILL "$pid" # CRIU was killed at the very last
  through=true
}
