# What a restore on another machine needs, taken down while the process stands still. A part of the dump script.
# A value for the restore script, whatever is in it.
assign() {
  printf "%s='" "$1"
  printf '%s' "$2" | sed "s/'/'\\\\''/g"
  printf "'\n"
}

# The checksums of the files that the process has open or mapped, and of its class path, in their order.
needed_sums() (
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # a list
  sums=$(cksum -- $needed) || exit
  printf '%s\n' "$sums" | while IFS=' ' read -r sum size name; do
    printf '%s %s\n' "$sum" "$size" || exit # on a full disk
  done
)

# Temporary files that the process has open or mapped: CRIU cannot restore the process without them.
copy_temporary_files() {
  [ -n "$copies" ] || return 0
  mkdir copies || return
  while read -r number mode owner path; do
    cp -p -- "$path" "copies/$number" || return
  done <<LIST
$copies
LIST
}

# The folders below the folder for temporary files whose paths are somewhere in the process's memory, with their modes
# and owners: the process knows them and may use them again.
temporary_folders() (
  [ -n "$temporary" ] || exit 0
  export LC_ALL=C
  folders=$(
    {
      printf '%s\n' "$temporary_open"
      cat criu/pages-*.img | tr -c '!-~\200-\377' '\n' | grep -oE "$temporary_pattern" | sort -u
    } | while IFS= read -r path; do
      # The byte after a name in memory may look like one more letter.
      [ -e "$path" ] || path=${path%?}
      while [ "$path" != "${path%/*}" ] && [ ! -d "$path" ]; do path=${path%/*}; done
      path=${path%/}
      # Those above it have modes of their own.
      while :; do
        case $path in "$temporary"/* | "$temporary_real"/*) ;; *) break ;; esac
        [ ! -O "$path" ] || printf '%s\n' "$path"
        path=${path%/*}
      done
    done | sort -u | while IFS= read -r path; do
      case $path in */hsperfdata_* | */crac-restore.* | */crac-checkpoint-*) continue ;; esac
      IFS=$nl
      set -f
      for other in $not_temporary; do
        case $path in "$other" | "$other"/*) continue 2 ;; esac
      done
      printf '%s\n' "$path"
    done
  )
  IFS=$nl
  set -f
  # shellcheck disable=SC2086
  folders=$(stat -c '%a %u:%g %n' -- "$temporary" $folders) # but for those that have just gone
  printf '%s\n' "$folders"
)
