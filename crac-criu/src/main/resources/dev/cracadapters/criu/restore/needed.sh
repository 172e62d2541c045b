
# ==== Files and folders: what the process needs must be here as it was, under its own path or where --map says.
# Where a path of the process is on this machine.
there() {
  at=$1
  [ -n "$maps" ] || return 0
  while IFS='=' read -r old new; do
    case $1 in "$old" | "$old"/*) at=$new${1#"$old"} ;; esac
  done <<LIST
$maps
LIST
}

lost= # files that the image has copies of

# A mount namespace in which the new paths are found under the old ones: the process opens more by its old paths later.
maps_fit() {
  [ -n "$maps" ] || return 0
  said=$(unshare --mount true 2>&1) ||
    finding "--map needs a mount namespace, which cannot be made here ($said): run as root, or put the files in place"
  earlier=
  while IFS='=' read -r old new; do
    for hidden in "$here" "${TMPDIR:-/tmp}" "${criu:-/}"; do
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
    [ "$above" = "$old" ] || { [ -d "${above:-/}" ] && [ -w "${above:-/}" ]; } ||
      finding "--map $old=$new: $old is not here, and cannot be made in ${above:-/}: make it, it may be empty"
  done <<LIST
$maps
LIST
}
# It is not taken away again: that would end the mounts of all who use it at that time.
mount_points() {
  [ -n "$maps" ] || return 0
  while IFS='=' read -r old new; do
    if [ -e "$old" ]; then
      continue
    elif [ -d "$new" ]; then
      mkdir -p -- "$old"
    else
      mkdir -p -- "${old%/*}" && : >> "$old"
    fi 2> /dev/null || fail "$old could not be made, for --map to mount $new there"
  done <<LIST
$maps
LIST
}

# Sizes and times tell in one call that nothing has changed. Only where they do not, as where files were copied here
# without their times, checksums are taken: of those whose time or size is another one.
unchanged() {
  [ -z "$maps" ] && [ "$check" = false ] && [ "$criu" = "$criu_then" ] || return
  # shellcheck disable=SC2086 # a list
  now=$(IFS=$nl; set -f; exec stat -L -c '%s %Y' -- $needed "$criu" 2> /dev/null)
  [ "$now" = "$needed_marks$nl$criu_mark" ]
}
files_fit() {
  present=
  marks=
  sums=
  while IFS= read -r path <&7 && read -r mark <&8 && read -r sum <&9; do
    copy=
    there "$path"
    if { [ "$check" = true ] || [ ! -f "$at" ]; } && copy_of "$path"; then
      [ "$(cksum < "$here/copies/${copy%% *}")" = "$sum" ] ||
        finding "the image is damaged: its copy of $path is not as it was written"
      [ -f "$at" ] || lost=$lost${lost:+$nl}$copy
    fi
    if [ -f "$at" ] && [ ! -r "$at" ]; then
      finding "$at cannot be read: restore as a user who may"
    elif [ -f "$at" ]; then
      present=$present${present:+$nl}$at
      marks=$marks$mark$nl
      sums=$sums$sum$nl
    elif [ -n "$copy" ] || of_the_jdk "$path"; then
      continue
    elif [ "$at" = "$path" ]; then
      finding "$path is missing: put it back, or name where it is by --map OLD=NEW"
    else
      finding "$at is missing, where --map says that $path is"
    fi
  done 7<<PATHS 8<<MARKS 9<<SUMS
$needed
PATHS
$needed_marks
MARKS
$needed_sums
SUMS
  [ -n "$present" ] || return 0
  doubtful=
  doubtful_sums=
  # shellcheck disable=SC2086
  now=$(IFS=$nl; set -f; exec stat -L -c '%s %Y' -- $present 2> /dev/null)
  while IFS= read -r at <&6 && read -r mark <&7 && read -r sum <&8; do
    read -r mark_now <&9 || mark_now=
    if [ "$check" = true ] || [ "$mark_now" != "$mark" ]; then
      doubtful=$doubtful${doubtful:+$nl}$at
      doubtful_sums=$doubtful_sums$sum$nl
    fi
  done 6<<PATHS 7<<MARKS 8<<SUMS 9<<NOW
$present
PATHS
$marks
MARKS
$sums
SUMS
$now
NOW
  [ -n "$doubtful" ] || return 0
  # shellcheck disable=SC2086
  now=$(IFS=$nl; set -f; exec cksum -- $doubtful)
  while IFS= read -r at <&7 && read -r sum size <&8 && read -r sum_now size_now more <&9; do
    if [ "$sum_now $size_now" = "$sum $size" ] || of_the_jdk "$at"; then
      continue
    elif [ "$size_now" = "$size" ]; then
      what='other content of the same size'
    else
      what="$size_now bytes, and had $size"
    fi
    case "$copies$nl" in
      *" $at$nl"*) finding "$at has changed: it has $what. Delete it, and a restore puts it back as it was" ;;
      *) finding "$at has changed: it has $what. Put it back as it was" ;;
    esac
  done 7<<PATHS 8<<SUMS 9<<NOW
$doubtful
PATHS
$doubtful_sums
SUMS
$now
NOW
}
# Where the whole JDK is another one, or not there, its files are not told one by one.
of_the_jdk() {
  [ "$jdk_fits" = false ] || return 1
  case $1 in "$java_home"/* | "$jdk_at"/*) return 0 ;; esac
  return 1
}
# Folders that are not temporary, and files that the process may have changed since.
places_fit() {
  IFS=$nl
  set -f
  for path in $places; do
    there "$path"
    [ -e "$at" ] || finding "$path is missing: put it back, or name where it is by --map OLD=NEW"
  done
  unset IFS
  set +f
}

# The image has a copy of what was below the folder for temporary files.
copy_of() {
  while read -r number rest; do
    if [ "${rest#* * }" = "$1" ]; then
      copy="$number $rest"
      return 0
    fi
  done <<LIST
$copies
LIST
  copy=
  return 1
}
temporary_files() {
  IFS=$nl
  set -f
  for line in $folders; do
    there "${line#* * }"
    [ -d "$at" ] && continue
    rest=${line#* }
    mkdir -p -m "${line%% *}" -- "$at" || fail "the temporary folder $at, which the process needs, could not be made"
    chown "${rest%% *}" "$at" 2> /dev/null # which is root's to do, and else the same
  done
  for line in $lost; do
    number=${line%% *}
    rest=${line#* }
    mode=${rest%% *}
    rest=${rest#* }
    there "${rest#* }"
    # Others may restore the same image now: the file is there whole or not at all.
    mkdir -p -- "${at%/*}" && new=$(mktemp "$at.XXXXXX") && cp -- "$here/copies/$number" "$new" &&
      { chown "${rest%% *}" "$new" 2> /dev/null || :; } && chmod "$mode" "$new" && mv -- "$new" "$at" ||
      fail "the temporary file $at, which the process needs, could not be put back"
  done
  unset IFS
  set +f
}
