
# ==== check, files under a descriptor policy. CRIU was made to forget their sizes at the dump: what has changed is found
# here. A line each: what the policy says, the descriptor, how it is open (r: read only, w: written, a: only appended to,
# m: mapped into memory as well), its size, where CRIU's image names it, its path.
# A cache of the system has the number of its copy, and is live (l) or built (b).
policies_fit() {
  stale='' to_make='' spots_of_gone='' spots_of_copies=''
  [ -n "$policy_files" ] || return 0
  set --
  while IFS= read -r line; do
    case $needed_fit:${line#cache * } in
      'true:b '*) ;; # as all that is needed
      *) set -- "$@" "${line#* * * * * }" ;;
    esac
  done <<LIST
$policy_files
LIST
  [ $# -gt 0 ] || return 0
  sizes=$nl$(stat -L -c '%s %n' -- "$@" 2> /dev/null)$nl
  while IFS= read -r line; do
    path=${line#* * * * * }
    # shellcheck disable=SC2086 # five words
    policy_fits ${line%" $path"}
  done <<LIST
$policy_files
LIST
}
# Whoever keeps a cache up to date does not change its size.
cache_fits() {
  case $3:$needed_fit:$sizes in b:true:* | l:*"$nl$4 $path$nl"*) return ;; esac
  case ,$5, in
    *:?,* | *:1[0-7],*) finding "the file $path has changed, and CRIU needs it under so short a path: put it back as it was" ;;
    ,-,) ;; # CRIU will say so
    *) spots_of_copies="$spots_of_copies $2,$5" ;;
  esac
}
policy_fits() { # ACTION DESCRIPTOR ACCESS SIZE SPOTS, for $path
  [ "$1" != cache ] || { cache_fits "$@"; return; }
  if [ -f "$path" ]; then
    case $3$sizes in
      a* | *"$nl$4 $path$nl"*) return ;;
    esac
    now=${sizes%%" $path$nl"*}
    reason="its size has changed from $4 to ${now##*"$nl"} bytes since the checkpoint"
  else
    reason='it is gone since the checkpoint'
    # CRIU would open it, and a FIFO would last for ever.
    [ "$1" != reopen ] || { [ ! -e "$path" ] && [ ! -L "$path" ]; } || {
      finding "what is at $path, which a policy wants reopened, is something else than a file: remove it"
      return
    }
  fi
  case $1:$3:$reason in
    *:m:*) finding "the file $path is mapped into the process's memory, and $reason: put it back as it was" ;;
    ignore:*gone*)
      case ,$5 in
        ,- | *:? | *:?,*) finding "the file $path is gone, and CRIU needs one under so short a path: put it back" ;;
      esac
      spots_of_gone="$spots_of_gone,$5"
      stale=$stale$2:$reason:$path$nl
      ;;
    ignore:*) stale=$stale$2:$reason:$path$nl ;;
    reopen:r:*gone*) finding "the file $path, which a policy wants reopened, is gone: put it back" ;;
    reopen:*gone*) to_make=$to_make$path$nl ;;
  esac
}
# Makes what is to be there when CRIU opens it.
put_policy_files() {
  if [ "$inside" = true ]; then
    findings= needed_fit=false
    [ -z "$caches" ] || ! unchanged || needed_fit=true
    policies_fit
    refuse_unfit
  fi
  while IFS= read -r path; do
    # Not through a link that somebody has put there; or another restore of this image has made it meanwhile.
    [ -n "$path" ] || continue
    if [ "$user" -eq 0 ]; then make_empty "$path" "$process_user"; else make_empty "$path"; fi
    [ -f "$path" ] && [ ! -L "$path" ] && is_trusted "$path" ||
      fail "the file $path, which a policy wants reopened, could not be made anew: make its folder, and remove what is there"
  done <<LIST
$to_make
LIST
  owners_of_policy_files_fit
  [ -n "$spots_of_gone$spots_of_copies" ] || return 0
  # CRIU restores nothing unless it can open all files. In a copy of their list, those that are gone are /dev/null under a
  # name of the same length; $stale has the process refuse to use them. Caches are copies in the folder that CRIU works in.
  rename_files /dev /null "$spots_of_gone"
  for copy in $spots_of_copies; do
    said=$(cp -- "$data/criu/cache-${copy%%,*}.img" "$work/${copy%%,*}" 2>&1) || fail_prepare
    rename_files /proc "/self/cwd/${copy%%,*}" ",${copy#*,}"
  done
}
# Somebody may have made one since strangers_fit has looked, or a link at its name. From here on nobody can.
owners_of_policy_files_fit() {
  [ -n "$policy_files" ] || return 0
  [ "$inside" = false ] || look_at_folders
  IFS=$nl
  set -f
  for line in $policy_files; do
    path=${line#* * * * * }
    { [ ! -e "$path" ] && [ ! -L "$path" ]; } || belongs_here "$path"
  done
  unset IFS
  set +f
}
rename_files() { # PLACE NAME SPOTS
  IFS=,
  set -- "$1" "$2" ${3#,}
  unset IFS
  place=$1 last=$2
  shift 2
  for spot; do
    name=$last
    while [ $((${#place} + ${#name})) -lt "${spot#*:}" ]; do name=/$name; done
    rename_in_image "$place$name" "$spot"
  done
}
# Has CRIU read $images, where the name at a spot, OFFSET:LENGTH in the list of open files, is another of that length.
rename_in_image() {
  if [ "$images" = "$data/criu" ]; then
    images=$work/edited
    said=$({ mkdir "$images" && ln -s "$data"/criu/* "$images/" && rm "$images/files.img" &&
      cp "$data/criu/files.img" "$images/files.img"; } 2>&1) || fail_prepare
  fi
  said=
  printf %s "$1" | dd of="$images/files.img" bs=1 seek="${2%:*}" conv=notrunc 2> /dev/null ||
    fail_prepare
}
fail_prepare() {
  fail "the image could not be prepared in $work${said:+ (${said##*: })}: $make_room"
}
