
# ==== Files under a descriptor policy. CRIU was made to forget their sizes at the dump: what has changed is found here.
images=$here/criu
stale=
missing=
spots_of_gone=
nl='
'
# Each line: what the policy says, the descriptor, how it is open (r: read only, w: written, a: only appended to, m: mapped
# into memory as well), its size, where CRIU's image names it, its path.
policy_line() {
  action=${line%% *} line=${line#* }
  number=${line%% *} line=${line#* }
  access=${line%% *} line=${line#* }
  size=${line%% *} line=${line#* }
  spots=${line%% *} path=${line#* }
}
look_at_policy_files() {
  set --
  while IFS= read -r line; do
    policy_line
    set -- "$@" "$path"
  done <<LIST
$policy_files
LIST
  sizes=$nl$(stat -L -c '%s %n' -- "$@" 2> /dev/null)$nl
  while IFS= read -r line; do
    policy_line
    if [ -f "$path" ]; then
      case $access$sizes in
        a* | *"$nl$size $path$nl"*) continue ;;
      esac
      now=${sizes%%" $path$nl"*}
      reason="its size has changed from $size to ${now##*"$nl"} bytes since the checkpoint"
    else
      reason='it is gone since the checkpoint'
    fi
    case $action:$access:$reason in
      *:m:*) finding "the file $path is mapped into the process's memory, and $reason: put it back as it was" ;;
      ignore:*gone*)
        case ,$spots in
          ,- | *:? | *:?,*) finding "the file $path is gone, and CRIU needs one under so short a path: put it back" ;;
        esac
        spots_of_gone="$spots_of_gone,$spots"
        stale=$stale$number:$reason:$path$nl
        ;;
      ignore:*) stale=$stale$number:$reason:$path$nl ;;
      reopen:r:*gone*) finding "the file $path, which a policy wants reopened, is gone: put it back" ;;
      reopen:*gone*) missing=$missing$path$nl ;;
    esac
  done <<LIST
$policy_files
LIST
}
put_policy_files() {
  if [ "$inside" = true ]; then
    findings=
    look_at_policy_files
    [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  fi
  while IFS= read -r path; do
    [ -z "$path" ] || : >> "$path" || fail "the file $path, which a policy wants reopened, could not be made anew"
  done <<LIST
$missing
LIST
  [ -n "$spots_of_gone" ] || return 0
  # CRIU restores nothing without all files: it finds /dev/null under a name of the same length in a copy of their list,
  # and the process is told to let nobody use it.
  images=$work/criu
  mkdir "$images" && ln -s "$here"/criu/* "$images/" && rm "$images/files.img" &&
    cp "$here/criu/files.img" "$images/files.img" || fail "the image could not be prepared in $work"
  for spot in $(printf %s "$spots_of_gone" | tr ',' ' '); do
    name=/dev/null
    while [ ${#name} -lt "${spot#*:}" ]; do name=/dev/${name#/dev}; done
    printf %s "$name" | dd of="$images/files.img" bs=1 seek="${spot%:*}" conv=notrunc 2> /dev/null ||
      fail "the image could not be prepared in $work"
  done
}
