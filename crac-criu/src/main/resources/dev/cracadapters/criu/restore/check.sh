
# ==== check: does the image fit this machine? All findings are printed, and one is enough to start nothing.
check() {
  findings='' lost='' changed='' needed_fit=false
  commands_fit
  [ "$early" = true ] || look_at_temporary
  find_gone
  machine_fits
  maps_fit
  [ -z "$encrypted_by" ] || [ "$check" = true ] || identity_fits
  if [ "$early" = true ] || unchanged; then
    needed_fit=true
  else
    look_at_folders
    libjvm_fits
    criu_fits
    files_fit
  fi
  places_fit
  strangers_fit
  [ "$early$trial" != falsefalse ] || rights_fit # it was looked at before, and may ask CRIU
  policies_fit
  if [ "$clone$check$early" = falsefalsefalse ]; then
    await_end
    if [ "$pid" = "$$" ]; then
      finding "PID $pid, which the process had, is this restore's own here: start it again, or use --clone"
    elif [ -e "/proc/$pid" ]; then
      finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
    elif taken_by; then
      finding "the ID of a thread of the process is taken here$by: restore it with --clone"
    fi
  fi
  if [ "$check" = true ]; then
    if ! is_whole; then
      [ -n "$findings" ] || fail_damaged
      if [ "$signed" = true ]; then finding "it was changed since it was signed: $(damage)"; else finding "it is damaged: $(damage)"; fi
    fi
  fi
  # The others are looked at while CRIU works; this is needed before.
  [ "$check$has_perfdata$encrypted_by" != falsetrue ] || [ -f "$here/perfdata" ] || finding 'it is damaged: perfdata is missing'
  refuse_unfit
  [ "$fits" = false ] || { in_image small_fits && in_image sizes_fit; } || fail_damaged
  [ "$check$fits" = falsefalse ] || exit 0
  [ -z "$lost" ] || signed_fit # or what is put back would be another's
  put_temporary_files
  make_mount_points
}
commands_fit() {
  [ "$early" = true ] || find_absent
  [ -z "$absent" ] ||
    fail "PATH (${PATH-}) does not have $absent: install coreutils and grep, or busybox, or call restore with another PATH"
}
refuse_unfit() {
  bad=$trial
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  bad=false
}

# ---- The image's place: its files are not in it yet. The checkpoint is just moving them, or it was killed then, and its
# guard, too: so this script goes on with it.
await_place() {
  turns=0
  # The FIFO has a writer as long as the one that moves them lives.
  while [ -p "$here/$staged/alive" ] && timeout 1 sh -c ': < "$1"' sh "$here/$staged/alive" && [ "$turns" -lt 1000 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done 2> /dev/null
  [ -d "$here/$staged" ] || return 0
  # Two restores must not both move them: what the first has put in its place the second would take for the older one's.
  # A lock ends with who has it, and a folder does not.
  if command -v flock > /dev/null; then
    ( await_lock && move_left ) 5< "$here/restore"
  elif mkdir "$here/$staged/mover" 2> /dev/null; then
    move_left
  fi
  turns=0
  while [ -d "$here/$staged" ] && [ "$turns" -lt 200 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
  [ ! -d "$here/$staged" ] ||
    fail "the image $here is not in its place, since its checkpoint was killed: remove $here/$staged/mover, if it is there, see by lslocks who has a lock on $here/restore, and restore it once as the folder's owner"
}

# No other restore takes longer to move them; who else has the lock is not waited for.
await_lock() {
  turns=0
  until flock -n 5; do
    turns=$((turns + 1))
    [ "$turns" -lt 1000 ] || return
    sleep 0.01
  done
}
move_left() {
  [ -d "$here/$staged" ] || return
  move_in_place "$here/$staged"
  is_in_place "$here/$staged" && rm -rf "${here:?}/$staged"
}

# ---- What decrypts the image.
identity_fits() {
  [ -n "$identity" ] || finding "the image is encrypted by $encrypted_by: name what decrypts it by --identity FILE"
  [ -z "$identity" ] || { only_ours "$identity" "${process_user%%:*}" && identity=$real; } ||
    finding "--identity $identity is not safe: $cause: $remedy"
  for command in "$encrypted_by" tar; do
    command -v "$command" > /dev/null || finding "the image is encrypted, and the command $command is not here: install it"
  done
}

# ---- The image's own files, looked at while CRIU works, the pages of memory by CRC-32, which is
# as fast as that, the rest by SHA-256; the pages, too, where they were signed, and for --check.
is_whole() {
  { [ "$small_seen" = true ] || in_image small_fits; } && { [ "$large_seen" = true ] || sums_fit || in_image large_fits; }
}
# Of what is mapped the size is looked at, and the rest when the process is back in service: see verify_mapped.
choose_read() {
  read_now=$large sums_of_read=$large_sums
  if [ "$verify_all" = true ]; then
    read_now="$large $mapped"
  elif [ -n "$mapped" ]; then
    sums_of_read=${large_sums%"$nl"*}
  fi
}
# The checksums of the pages, which take longest, beside all else. Their parent is this script: who waits for that waits no longer.
take_sums() {
  sums=
  choose_read
  case $signed$large_seen in *true*) return ;; esac # nothing goes on before all of it was read
  [ "$verify_all" = true ] || read_ahead
  # shellcheck disable=SC2086 # a pattern
  ( exec 3<&- 4>&- 5>&- 6>&- 7>&- 8>&- 9<&-; cd "$here" && exec cksum -- $read_now ) < /dev/null 2> /dev/null > "$work/sums" &
  sums=$!
}
# Where it is not so they are taken once more: it may be their file that could not be written.
sums_fit() {
  [ -n "$sums" ] && await_child "$sums" || return
  found=
  while IFS= read -r line; do found=$found${found:+$nl}$line; done 2> /dev/null < "$work/sums"
  [ "$found" = "$sums_of_read" ] && { [ -z "$mapped" ] || in_image sizes_fit; }
}
in_image() {
  cd "$here" || return
  fits=true
  "$@" || fits=false
  cd "$OLDPWD" || exit
  [ "$fits" = true ]
}
# This script once more: its first lines, which looked at it first of all, may be what is damaged.
small_fits() {
  list_fits && found=$(digests_but_large restore 2> /dev/null) && [ "$found" = "${listed%%"$nl"*}$nl$others" ]
}
# Of a signed image CRIU itself sees nothing but what was signed, for it works with the rights of who restores: the pages alone,
# in which it finds nothing to do, may be looked at meanwhile.
signed_fit() {
  [ "$signed$small_seen" != truefalse ] || { in_image small_fits && small_seen=true; } || fail_damaged
  [ -z "$encrypted_by" ] || [ "$large_seen" = true ] || { in_image large_fits && large_seen=true; } || fail_damaged
}
# shellcheck disable=SC2086 # a pattern
large_fits() {
  if [ "$check" = true ] || [ "$signed" = true ]; then
    [ "$(sha256_of_large $large $mapped 2> /dev/null)" = "$large_digests" ]
  else
    choose_read
    { [ -z "$mapped" ] || sizes_fit; } && [ "$(exec cksum -- $read_now 2> /dev/null)" = "$sums_of_read" ]
  fi
}
# Without reading them.
# shellcheck disable=SC2086 # a pattern
sizes_fit() {
  sizes=
  while read -r sum size name; do
    sizes=$sizes$size' '$name$nl
  done <<LIST
$large_sums
LIST
  [ "$(exec stat -c '%s %n' -- $large $mapped 2> /dev/null)$nl" = "$sizes" ]
}
# The first line is the restore script's.
list_fits() {
  listed=
  while IFS= read -r line; do
    listed=$listed$line$nl
  done 2> /dev/null < SHA256SUMS
  [ "${listed#*"$nl"}" = "$others$nl$large_digests$nl" ]
}
damage() {
  if (cd "$here" && list_fits && [ "$(sha256 restore)" != "${listed%%"$nl"*}" ]); then
    printf 'restore is not as it was written'
    return
  fi
  while read -r digest name; do
    if [ ! -f "$here/$name" ]; then
      printf '%s is missing' "$name"
    elif found=$(cd "$here" && sha256 "$name") && [ "$found" != "$digest  $name" ]; then
      printf '%s is not as it was written' "$name"
      [ "$name" != "$mapped" ] || damaged_block "$here/$mapped"
    else
      continue
    fi
    return
  done <<LIST
$others
$large_digests
LIST
  if (cd "$here" && list_fits); then
    printf 'a file was added to %s' "$here"
  else
    printf 'SHA256SUMS is not as it was written'
  fi
}
fail_damaged() {
  bad=$trial
  [ "$signed" = false ] || fail "the image $here was changed since it was signed: $(damage)" \
    'copy it again from where it was signed, or take a new checkpoint; see who could change it on its way'
  fail "the image $here is damaged: $(damage)" 'take a new checkpoint, or copy the image folder again'
}
