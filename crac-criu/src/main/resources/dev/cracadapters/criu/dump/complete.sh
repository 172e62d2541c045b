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

# Whoever removes "undecided" decides: the dump script, that the image takes its place, or this, that CRIU let go of the process.
watch_hold() {
  while sleep 0.5 && held; do :; done
  rm undecided || exit
  kill -KILL "$holder"
  await_criu
  failed "$killed_meanwhile"
}

# Adds to CRIU's images what makes them an image, still in the staging folder.
complete_image() {
  edit_streams || gives_up 'the standard streams could not be edited in the image (the commands od and awk must be in PATH)'
  forget_sizes
  temporary_folders > folders 2> folders.err 7>&- 8>&- 9>&- &
  folders_found=$!
  # The counters come last, and have a variable of their own.
  checksums=$(cd criu && exec cksum -- * ${perfdata:+../perfdata}) || gives_up 'the checksums could not be taken'
  perfdata_sum=
  [ -z "$perfdata" ] || perfdata_sum=${checksums##*"$nl"} checksums=${checksums%"$nl"*}
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
  look_at_clock
  summed=$moment
  dump_millis=$((dumped - began))
  checksum_millis=$((summed - dumped))
  parts="trim=$trim_millis dump=$dump_millis checksums=$checksum_millis"
  # The JVM wrote all but what is known only now.
  # shellcheck disable=SC2016 # expanded by the restore script
  {
    printf 'bytes=%s\nhighest=%s\nuptime_then=%s\nattach_spot=%s\n' "$bytes" "$highest" "$dumped_at" "$attach_spot" &&
      printf "parts='%s'\nchecksums='%s'\nperfdata_sum='%s'\n" "$parts" "$checksums" "${perfdata_sum% *}" &&
      assign needed_sums < needed.sums && assign folders < folders && assign policy_files < policy.files &&
      echo 'main "$@"'
  } >> restore || gives_up 'the restore script could not be written'
  {
    printf ',\n  "millis": {"trim": %s, "dump": %s, "checksums": %s}' "$trim_millis" "$dump_millis" "$checksum_millis" &&
      printf ',\n  "imageBytes": %s,\n  "files": [%s\n  ]\n}\n' "$bytes" "$files"
  } >> manifest.json || gives_up 'the manifest could not be written'
  # The files alone where sync can do that: the whole file system may have gigabytes of others' data to write.
  sync -- criu/* ${copies:+copies/*} restore manifest.json . 2> /dev/null || sync
}

# Without its restore script the folder is no image: that goes first and comes last.
move_in_place() {
  if ! rm undecided; then
    [ -e undecided ] || gives_up "$killed_meanwhile"
    gives_up 'the image could not be moved in place'
  fi
  held || gives_up "$killed_meanwhile"
  kill "$watch" 2> /dev/null
  rm -rf ../restore ../criu ../manifest.json ../perfdata ../copies ../dump.log || gives_up 'the older image could not be removed'
  # CRIU goes on writing into its log, wherever that is.
  mv criu manifest.json ${perfdata:+perfdata} ${copies:+copies} dump.log .. && mv restore .. ||
    gives_up 'the image could not be moved in place'
}
