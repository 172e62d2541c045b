
# ==== check: does the image fit this machine? All findings are printed, and one is enough to start nothing.
check() {
  findings='' lost=''
  commands_fit
  machine_fits
  maps_fit
  if ! unchanged; then
    libjvm_fits
    criu_fits
    files_fit
  fi
  places_fit
  rights_fit
  policies_fit
  if [ "$clone" = false ] && [ "$check" = false ]; then
    if [ -e "/proc/$pid" ]; then
      finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
    elif taken_by; then
      finding "the ID of a thread of the process is taken here$by: restore it with --clone"
    fi
  fi
  if [ "$check" = true ]; then
    perfdata_fits
    if ! is_whole; then
      [ -n "$findings" ] || fail_damaged
      finding "it is damaged: $(damage)"
    fi
  fi
  refuse_unfit
  [ "$check" = false ] || exit 0
  put_temporary_files
  make_mount_points
}
# Has any task here an ID that the process or one of its threads had? Then $by tells which, and whose it is. That it is the ID
# of a session or a process group whose leader has ended is not looked for: CRIU finds out.
taken_by() {
  by=
  for id in "$here"/criu/core-*.img; do
    id=${id##*/core-}
    id=${id%.img}
    if [ -e "/proc/$id" ]; then
      name=
      read -r name 2> /dev/null < "/proc/$id/comm"
      by=" ($id, by ${name:-a process that has ended})"
      return
    fi
  done
  return 1
}
commands_fit() {
  absent=
  for command in stat mkdir mkfifo cksum cat grep rm sleep; do
    command -v "$command" > /dev/null || absent=$absent${absent:+, }$command
  done
  [ -z "$absent" ] ||
    fail "PATH (${PATH-}) does not have $absent: install coreutils and grep, or busybox, or call restore with another PATH"
}
finding() {
  findings="$findings
restore:   - $1"
}
refuse_unfit() {
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
}

# ---- /proc: that of another PID namespace shows other processes under the PIDs that are looked for.
require_proc() {
  own=
  read -r own line 2> /dev/null < /proc/self/stat
  [ "$own" = "$$" ] || fail "/proc is not the one of this PID namespace: it shows this process as ${own:-none}, which is $$" \
    'mount it (mount -t proc proc /proc), or start the namespace with unshare --mount-proc'
}

# ---- The image's own files: CRIU's, looked at while CRIU works, and the counters, when they are used; both for --check.
perfdata_fits() {
  [ -z "$perfdata_sum" ] || [ "$(cksum 2> /dev/null < "$here/perfdata")" = "$perfdata_sum" ] ||
    finding 'it is damaged: perfdata is not as it was written'
}
is_whole() {
  found=$(cd "$here/criu" 2> /dev/null && exec cksum -- * 2> /dev/null)
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
fail_damaged() {
  fail "the image $here is damaged: $(damage)" 'take a new checkpoint, or copy the image folder again'
}
