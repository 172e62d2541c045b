
# ==== --map: what the process finds at a path of its own is elsewhere on this machine.
# Leaves in $at where a path of the process is: a command substitution would start a process for each of hundreds of files.
locate() {
  at=$1
  [ -n "$maps" ] || return 0
  while IFS='=' read -r old new; do
    case $1 in "$old" | "$old"/*) at=$new${1#"$old"} ;; esac
  done <<LIST
$maps
LIST
}

# A mount namespace in which the new paths are found under the old ones: the process opens more by its old paths later.
maps_fit() {
  [ -n "$maps" ] || return 0
  said=$(unshare --mount true 2>&1) ||
    finding "--map needs a mount namespace, which cannot be made here ($said): run as root, or put the files in place"
  earlier=
  while IFS='=' read -r old new; do
    only_ours "$new" "${process_user%%:*}" ||
      finding "--map $old=$new: $cause, and what is mounted could be exchanged: $remedy"
    for hidden in "$here" "$safe" "${criu:-/}"; do
      case $hidden in "$old" | "$old"/*)
        finding "$hidden lies below $old, which --map hides: restore a copy of it from another place" ;;
      esac
    done
    while IFS= read -r one; do
      case $new in "${one:-//}" | "${one:-//}"/*)
        finding "--map $old=$new: $new is hidden by an earlier --map of $one: give this one first" ;;
      esac
    done <<EARLIER
$earlier
EARLIER
    earlier=$earlier$nl$old
    if [ -d "$new" ] && [ -e "$old" ] && [ ! -d "$old" ]; then
      finding "--map $old=$new: $old is no folder here, and $new is one: move $old away"
    elif [ -f "$new" ] && [ -d "$old" ]; then
      finding "--map $old=$new: $old is a folder here, and $new is none: move $old away"
    fi
    above=$old
    while [ ! -e "${above:-/}" ]; do above=${above%/*}; done
    # Whoever could rename where it is mounted, or turn a link on the way, would have the process find something else.
    only_ours_by_name "$above" "${process_user%%:*}" && only_ours "${above:-/}" "${process_user%%:*}" ||
      finding "--map $old=$new: $cause, and what is mounted could be exchanged: make $old where nobody else can"
    [ "$above" = "$old" ] || { [ -d "${above:-/}" ] && [ -w "${above:-/}" ]; } ||
      finding "--map $old=$new: $old is not here, and cannot be made in ${above:-/}: make it, it may be empty"
  done <<LIST
$maps
LIST
}
# Makes what --map mounts on, which stays: to remove it would end the mounts of all who use it at that time.
make_mount_points() {
  [ -n "$maps" ] || return 0
  while IFS='=' read -r old new; do
    if [ -e "$old" ]; then
      :
    elif [ -d "$new" ]; then
      (umask 022 && mkdir -p -- "$old")
    else
      (umask 022 && mkdir -p -- "${old%/*}/") && make_empty "$old" && [ -e "$old" ]
    fi 2> /dev/null || fail "$old could not be made, for --map to mount $new there"
    # Somebody may have made it since maps_fit has looked. From here on nobody can.
    only_ours_by_name "$old" "${process_user%%:*}" ||
      fail "--map $old=$new: $cause, and what is mounted could be exchanged: make $old where nobody else can"
  done <<LIST
$maps
LIST
}
