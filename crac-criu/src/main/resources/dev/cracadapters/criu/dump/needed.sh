# What a restore on another machine needs, taken down while the process stands still. A part of the dump script.
# The lines on standard input as a value for the restore script, whatever is in them.
assign() {
  value=
  while IFS= read -r line; do
    escape "$line"
    value=$value$escaped$nl
  done
  printf "%s='%s'\n" "$1" "${value%"$nl"}"
}

# Temporary files that the process has open or mapped: CRIU cannot restore the process without them. Not by the process
# itself: with the first descriptor of a file that it closes, it loses its own POSIX locks on that file.
copy_temporary_files() {
  [ -n "$copies" ] || return 0
  [ -d copies ] || mkdir copies || return
  while read -r number mode owner path; do
    cp -p -- "$path" "copies/$number" || return
  done <<LIST
$copies
LIST
}

# The checksums of the files that the process has open or mapped, and of its class path, in their order.
needed_sums() {
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # a list
  sums=$(cksum -- $needed) || exit
  for line in $sums; do
    rest=${line#* }
    printf '%s %s\n' "${line%% *}" "${rest%% *}" || exit # on a full disk
  done
}

# The digests of those among them that lie where everybody may write.
shared_digests() {
  [ -n "$shared" ] || return 0
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # a list
  digests=$(sha256 $shared) || exit
  for line in $digests; do
    line=${line#\\} # before a name with such a character
    printf '%s\n' "${line%% *}" || exit
  done
}

# The folders below the folder for temporary files whose paths are somewhere in the process's memory, with their modes
# and owners: the process knows them and may use them again.
temporary_folders() {
  [ -n "$temporary" ] || exit 0
  export LC_ALL=C
  set -- criu/pages-*.img ${mapped:+"$mapped"}
  IFS=$nl
  set -f
  folders=$(
    {
      printf '%s\n' "$temporary_open"
      for pages in "$@"; do
        tr -c '!-~\200-\377' '\n' < "$pages"
      done | grep -oE "$temporary_pattern" | sort -u
    } | while IFS= read -r path; do
      # The byte after a name in memory may look like one more letter.
      [ -e "$path" ] || path=${path%?}
      while [ "$path" != "${path%/*}" ] && [ ! -d "$path" ]; do path=${path%/*}; done
      path=${path%/}
      # Those above it have modes of their own.
      while :; do
        case $path in "$temporary"/* | "$temporary_real"/*) ;; *) break ;; esac
        [ ! -O "$path" ] || ! is_temporary "$path" || printf '%s\n' "$path"
        path=${path%/*}
      done
    done | sort -u
  )
  # shellcheck disable=SC2086
  folders=$(stat -c '%a %u:%g %n' -- "$temporary" $folders) # but for those that have just gone
  printf '%s\n' "$folders"
}
is_temporary() { # where IFS is a line end, and no pattern is expanded
  case $1 in */hsperfdata_* | */crac-restore.* | */crac-clone.* | */crac-checkpoint-*) return 1 ;; esac
  for other in $not_temporary; do
    case $1 in "$other" | "$other"/*) return 1 ;; esac
  done
}
