
# ==== check, files and folders: what the process needs must be here as it was, under its own path or where --map says, and
# is not unchanged by its size and time.
# Leaves in $lost which files the image has copies of, and which are not here.
files_fit() {
  present='' marks='' sums=''
  while IFS= read -r path <&7 && read -r mark <&8 && read -r sum <&9; do
    copy=
    case $nl$caches$nl in *"$nl$path$nl"*) continue ;; esac # the image has what the process can do with
    locate "$path"
    if [ -n "$copies" ] && [ -n "$encrypted_by" ]; then
      copy=$(copy_of "$path")
      [ -z "$copy" ] || [ -f "$at" ] || lost=$lost${lost:+$nl}$copy
    elif [ -n "$copies" ] && { [ "$check" = true ] || [ ! -f "$at" ]; } && copy=$(copy_of "$path"); then
      [ "$(cksum < "$data/copies/${copy%% *}")" = "$sum" ] ||
        finding "the image is damaged: its copy of $path is not as it was written"
      [ -f "$at" ] || lost=$lost${lost:+$nl}$copy
    fi
    if [ -f "$at" ] && [ ! -r "$at" ]; then
      finding "$at cannot be read: restore as a user who may"
    elif [ -f "$at" ]; then
      present=$present${present:+$nl}$at
      marks=$marks$mark$nl
      sums=$sums$sum$nl
    elif [ -e "$at" ] && ! is_of_missing_jdk "$path"; then
      finding "$at is no file, as it was: put that back"
    elif [ -n "$copy" ] || is_of_missing_jdk "$path"; then
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
  doubtful='' doubtful_sums=''
  # shellcheck disable=SC2086
  now=$(IFS=$nl; set -f; exec stat -L -c '%s %Y' -- $present 2> /dev/null)
  while IFS= read -r at <&6 && read -r mark <&7 && read -r sum <&8; do
    read -r mark_now <&9 || mark_now=
    ! is_of_missing_jdk "$at" || continue
    if [ -n "$mark_now" ] && [ "${mark_now%% *}" != "${mark%% *}" ]; then
      # It is not read: whoever made it may have made it as large as he likes.
      changed_file "$at" "${mark_now%% *} bytes, and had ${mark%% *}"
    elif [ "$check" = true ] || [ "$mark_now" != "$mark" ]; then
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
  [ -z "$doubtful" ] || contents_fit
}
# Those in $doubtful by their checksums, which were $doubtful_sums.
contents_fit() {
  bound_reading
  # shellcheck disable=SC2086
  set -- $bounded
  bounded=
  # shellcheck disable=SC2086
  now=$(IFS=$nl; set -f; exec "$@" cksum -- $doubtful) || were_read $? "$doubtful" || return 0
  while IFS= read -r at <&7 && read -r sum size <&8 && read -r sum_now size_now more <&9; do
    if [ "$sum_now $size_now" = "$sum $size" ]; then
      continue
    elif [ "$size_now" = "$size" ]; then
      what='other content of the same size'
    else
      what="$size_now bytes, and had $size"
    fi
    changed_file "$at" "$what"
  done 7<<PATHS 8<<SUMS 9<<NOW
$doubtful
PATHS
$doubtful_sums
SUMS
$now
NOW
}
# Somebody may have put a FIFO where a file was seen, and a file system may not answer. --check reads more, and has more time.
bound_reading() {
  reading_seconds=$limit_seconds
  [ "$check" = false ] || reading_seconds=$((limit_seconds * 10))
  bounded=
  ! command -v timeout > /dev/null || bounded="timeout -s KILL $reading_seconds"
}
# By the exit status of what read them, whether it came to an end. STATUS FILES
were_read() {
  [ "$1" -ge 124 ] || return 0
  unread=
  while IFS= read -r at; do
    [ -n "$unread" ] || [ -f "$at" ] || unread=$at
  done <<LIST
$2
LIST
  finding "${unread:-${2%%"$nl"*} or another file} could not be read within $reading_seconds s: it is no file any more, or its \
file system does not answer. Put it back as it was, or give a restore more time by crac.criu.restore-timeout at the checkpoint"
  return 1
}
changed_file() {
  changed=$changed$nl$1
  case "$copies$nl" in
    *" $1$nl"*) finding "$1 has changed: it has $2. Delete it, and a restore puts it back as it was" ;;
    *) finding "$1 has changed: it has $2. Put it back as it was" ;;
  esac
}
# If the whole JDK differs or is not there, its files are not named one by one.
is_of_missing_jdk() {
  [ "$jdk_fits" = false ] || return 1
  case $1 in "$java_home"/* | "$jdk_at"/*) return 0 ;; esac
  return 1
}
# Folders that are not temporary, and files that the process may have changed since.
places_fit() {
  IFS=$nl
  set -f
  for path in $places; do # in one piece: read(2) would take it byte by byte
    locate "$path"
    [ -e "$at" ] || finding "$path is missing: put it back, or name where it is by --map OLD=NEW"
  done
  for line in $folders; do # which are made where they are not there
    locate "${line#* * }"
    if [ ! -d "$at" ] && find_obstacle; then
      case $findings in *"$obstacle is no folder"*) ;; *) finding "$no_folder" ;; esac
    fi
  done
  unset IFS
  set +f
}
# Whether something else has the name of the folder $at, or of one above it: a file, or a link that leads nowhere.
find_obstacle() {
  obstacle=$at
  until [ -e "${obstacle:-/}" ] || [ -L "$obstacle" ]; do obstacle=${obstacle%/*}; done
  no_folder="$obstacle is no folder, as the process had it: move it away"
  [ ! -d "${obstacle:-/}" ]
}

# The line of the image's copy of a file from below the folder for temporary files, if there is one.
copy_of() {
  while IFS= read -r line; do
    if [ "${line#* * * }" = "$1" ]; then
      printf '%s' "$line"
      return 0
    fi
  done <<LIST
$copies
LIST
  return 1
}
put_temporary_files() {
  [ -z "$lost" ] || signed_fit # before any of it is decrypted, unpacked, or left here
  IFS=$nl
  set -f
  for line in $folders; do
    locate "${line#* * }"
    if [ -d "$at" ]; then
      belongs_here "$at"
      continue
    fi
    rest=${line#* }
    make_above "${at%/*}"
    if said=$(mkdir -m "${line%% *}" -- "$at" 2>&1); then
      chown -h "${rest%% *}" "$at" 2> /dev/null # root alone may, and an ordinary user's process had the same owner
    else # another restore of this image has made it meanwhile
      [ -d "$at" ] || {
        ! find_obstacle || fail "$no_folder"
        fail "the temporary folder $at, which the process needs, could not be made (${said##*: }): make room there, or make it"
      }
    fi
    belongs_here "$at"
  done
  for path in $gone; do
    [ -d "$path" ] || said=$(mkdir -m 755 -- "$path" 2>&1) || [ -d "$path" ] ||
      fail "the folder $path, where the process had deleted a file, could not be made (${said##*: }): make room there, or make it"
    belongs_here "$path"
  done
  clear=
  if [ -n "$lost" ] && [ -n "$encrypted_by" ]; then
    find_memory && clear=$(mktemp -d "$memory/crac-restore.XXXXXX") || fail 'no tmpfs takes the decrypted image'
    decrypt_parts "$clear"
    data=$clear
    IFS=$nl # which the look at a folder has unset
    set -f
  fi
  for line in $lost; do
    rest=${line#* }
    mode=${rest%% *}
    rest=${rest#* }
    locate "${rest#* }"
    # Others may restore the same image now: the file is there whole or not at all.
    new=
    # In place of a link that somebody has made at its name, and not where that leads to.
    said=$(mkdir -p -- "${at%/*}" 2>&1) && belongs_here "${at%/*}" && said=$(mktemp "$at.XXXXXX" 2>&1) && new=$said && said= &&
      said=$({ cp -- "$data/copies/${line%% *}" "$new" && { chown -h "${rest%% *}" "$new" 2> /dev/null || :; } &&
        chmod "$mode" "$new" && mv -fT -- "$new" "$at"; } 2>&1) && is_trusted "$at" || {
      [ -z "$new" ] || rm -f "$new"
      [ ! -e "$at" ] || belongs_here "$at"
      fail "the temporary file $at, which the process needs, could not be put back${said:+ (${said##*: })}: make room there"
    }
  done
  unset IFS
  set +f
  [ -z "$clear" ] || { rm -rf "$clear"; data=$here; }
}
# What a folder is to be made in, a step after the other: mkdir -p would go on through somebody's link.
make_above() {
  [ -d "${1:-/}" ] || { make_above "${1%/*}"; mkdir -- "$1" 2> /dev/null; }
  [ ! -d "$1" ] || belongs_here "$1"
}
# Leaves in $gone, from above, the folders in which deleted files were, and which were deleted, too. CRIU would make them for a
# moment, or take what somebody has put there meanwhile, and would read the files from where they may be exchanged: so they are
# there, and ours, before it comes to that.
find_gone() {
  gone=
  IFS=$nl
  set -f
  for path in $deleted; do
    path=${path%/*} chain=
    while [ -n "$path" ]; do
      locate "$path"
      case $nl$gone in *"$nl$at$nl"*) break ;; esac
      # A restore's own, which was there at the checkpoint, has gone since.
      case ${path##*/} in
        crac-clone.* | crac-restore.*) ;;
        *) case $nl$needed_folders$nl in *"$nl$path$nl"*) break ;; esac ;;
      esac
      chain=$at$nl$chain
      path=${path%/*}
    done
    gone=$gone$chain
  done
  unset IFS
  set +f
}
# Not while another restore of this image needs them, which removes them in its turn.
remove_gone() {
  upwards=
  while IFS= read -r path; do
    [ -z "$path" ] || [ ! -d "$path" ] || upwards=$path$nl$upwards
  done <<LIST
$gone
LIST
  [ -z "$upwards" ] || (
    ! command -v flock > /dev/null || flock -n 5 || exit
    IFS=$nl
    set -f
    # shellcheck disable=SC2086 # a list
    rmdir -- $upwards
  ) 5< "$here/restore" > /dev/null 2>&1
}
# strangers_fit has seen whose it is, but somebody may have made it since, or what it lies in.
belongs_here() {
  below=$1
  while lies_open "$below"; do
    { [ -O "$below" ] && [ ! -L "$below" ]; } || is_trusted "$below" ||
      fail "$below is another user's, who has made it just now: remove it, or have root or user ${process_user%%:*} own it"
    below=${below%/*}
  done
}
# Whether it is the process's user's or root's, and not by way of somebody's link.
is_trusted() {
  owned_by=$(stat -c %u -- "$1" 2> /dev/null)
  case $owned_by in '') return 1 ;; 0 | "${process_user%%:*}") ;; *) is_nobody_here "$owned_by" ;; esac
}
