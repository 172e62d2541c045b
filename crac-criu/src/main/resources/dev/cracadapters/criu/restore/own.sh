
# ==== What a clone has of its own, below folders that it shares with the machine: what has its PID for a name, for all
# clones have that PID; and what the process deletes itself when it ends, or the first one would take it from the others.
make_own() {
  find_temporary
  remove_left
  umask 077
  own=$(mktemp -d "$temporary/crac-clone.XXXXXX" 2> /dev/null) ||
    fail "a folder of this clone's own could not be made in $temporary: name a writable one in TMPDIR, with room"
  case $own in
    /*) ;;
    *) own=$PWD/$own ;;
  esac
  trap remove_own EXIT
  said=$(mkfifo "$own/asked" "$own/outer" 2>&1) ||
    fail "mkfifo could not make a FIFO in $own (${said##*: }): $make_room"
  # Root restores somebody's process, which has to get through to what is its own in there.
  [ "$user" -ne 0 ] || [ "$process_user" = 0:0 ] || chmod 711 "$own" || fail "$own could not be opened to $process_user"
  if [ -z "$attach_spot" ]; then
    # Instead of a socket: tools that come to this process are not to reach another one of its PID.
    : > "$own/none" && { [ "$user" -ne 0 ] || chown "$process_user" "$own/none"; } ||
      fail "$own/none could not be made"
  fi
  # While this is open, or the clone has it open, what is its own stays.
  exec 6<> "$own/asked"
  exec 5<> "$own/outer" # which nobody else reads: see outer_lives
  # Where there is no such name, and none can be made, no tool finds any process. Never through a link, which may be a stranger's.
  attach=/tmp/.java_pid$pid
  [ ! -L "$attach" ] || rm -f "$attach" 2> /dev/null
  [ -e "$attach" ] || make_empty "$attach"
  if [ ! -f "$attach" ] && [ ! -S "$attach" ] || [ -L "$attach" ]; then attach=; fi
  counted=${perfdata%/*}
  [ -n "$counted" ] || return 0
  [ ! -L "$counted" ] || rm -f "$counted" 2> /dev/null
  [ -d "$counted" ] || { mkdir -m 755 "$counted" && { [ "$user" -ne 0 ] || chown -h "$process_user" "$counted"; }; } 2> /dev/null
  # What is said about it is said for all restores. Nobody else can take its name: whatever lies above is a sticky folder.
  if [ ! -d "$counted" ] || ! counters_seen=$(stat -c '%a %u' -- "$counted") || ! may_have_counters; then counted=; fi
}
# What clones have left that ended with the machine: nobody has a lock on it any more, or where there was none yet, nobody its FIFO.
remove_left() {
  for one in "$temporary"/crac-clone.*; do # the first may be anybody's link
    [ -d "$one" ] || continue
    remove_left_clones
    return
  done
}
remove_left_clones() {
  left=$(find "$temporary" -maxdepth 1 -type d -name 'crac-clone.*' -user "$user" -mmin +1 2> /dev/null)
  while IFS= read -r one; do
    [ -d "$one" ] || continue # as where there is none
    socket='' work=''
    { read -r socket < "$one/attach"; read -r work < "$one/work"; } 2> /dev/null
    case $socket in */.java_pidx*) ;; *) socket= ;; esac
    case $work in */crac-restore.*) ;; *) work= ;; esac
    if [ -e "$one/kept" ]; then
      flock -n "$one/kept" rm -rf "$one" ${socket:+"$socket"} ${work:+"$work"} 2> /dev/null
    elif [ ! -p "$one/asked" ] || ! timeout 1 sh -c ': > "$1"' sh "$one/asked" 2> /dev/null; then
      rm -rf "$one" # its script was killed before there was anything else
    fi
  done <<LIST
$left
LIST
}
# What runs beside the clone removes it, also when this script is killed.
remove_own() {
  exec 6>&-
  [ -e "$own/kept" ] || rm -rf "$own"
  turns=0
  while [ -e "$own" ] && [ "$turns" -lt 300 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
}

# ---- What other shells run, as user 0 of a mount namespace that is around the clone's: what is mounted here later is seen in there.
# Mounts what is the clone's own, and becomes COMMAND. OWN ATTACH COUNTERS PATHS HERE KEEP PID COMMAND...,
# and $process_user, whose the process is.
# shellcheck disable=SC2016 # expanded by the other shell
furnish='
  own=$1 attach=$2 counters=$3 paths=$4 here=$5
  refuse() {
    echo "restore: $1 of the clone'\''s own could not be mounted: ${said:-it is not where it was looked for}" >&2
    exit 125
  }
  # Through a link that somebody has put there meanwhile, something else would have been covered.
  mounted() {
    place=$(CDPATH= cd -P -- "${1%/*}/" && pwd -P) # where /tmp itself is a link
    place=${place%/}/${1##*/}
    while read -r number parent device root point more; do
      case $point in *\\*) point=$(printf %b "$point") ;; esac # a blank is \040 there
      [ "$point" != "$place" ] || return 0
    done < /proc/self/mountinfo
    return 1
  }
  true > "$own/kept"
  command exec 5< "${counters:-}/." || refuse "the folder $counters" # before it is covered; nothing but a folder has a "."
  setsid /bin/sh -c "$6" crac-keep "$own" "$attach" "$7" "$counters" 3>&- 4>&- 7>&- 8>&- 9>&- < /dev/null > /dev/null 2>&1 &
  exec 5<&-
  shift 7
  said=$(mount --make-rshared / 2>&1) || refuse "what is"
  if [ -n "$counters" ]; then
    # CRIU compares a mapped file with the one of its name.
    said=$(mount -t tmpfs -o mode=0755 crac-clone "$counters" 2>&1) && mounted "$counters" || refuse "the folder $counters"
  fi
  number=0
  while IFS= read -r path; do
    case $own/$here/ in "$path"/*) continue ;; esac
    [ -e "$path" ] && [ ! -L "$path" ] || continue
    # Somebody who goes on to write into what is theirs would have it copied for ever.
    [ -O "$path" ] || case $(stat -c %u -- "$path") in
      0 | "$process_user") ;;
      *)
        echo "restore: $path is another user'\''s: the clone gets none of its own" >&2
        continue ;;
    esac
    number=$((number + 1))
    said=$(cp -RPp -- "$path" "$own/$number" 2>&1 && mount --no-canonicalize --bind "$own/$number" "$path" 2>&1) &&
      mounted "$path" || refuse "$path"
  done <<LIST
$paths
LIST
  exec "$@"'
# Is asked, when CRIU has bound the clone's attach socket, to mount it on the name that it has for all; does so again whenever
# somebody has removed that name, for then the kernel takes away what is mounted on it, everywhere. Has jps find the process by
# its PID outside: jps lists the names in the folder of the counters, and looks for the counters in the process's own. When the
# clone and all who could ask have ended, it removes what the clone had. Descriptor 5 is that folder. OWN ATTACH PID COUNTERS
# shellcheck disable=SC2016
keep='
  exec 3<> "$1/asked" && exec 4< "$1/asked" 3>&- && cd /proc/self/fd/5 && exec 5<&- || exit
  listed=
  exec 6< "$1/kept" && flock -n 6 # until the end: see remove_left
  shows() { [ "$2" -ef "$socket" ]; }
  # Who owns the name could exchange it for a link meanwhile, and have any file covered. This user is 0 in here.
  show() {
    [ -e "$2" ] || make_empty "$2"
    case $(stat -c "%u %f" -- "$2") in 0\ [8c]??? | "$process_user "[8c]???) mount --bind "$socket" "$2" ;; esac
  }
  show_again() {
    while sleep 1; do
      shows "$@" || show "$@"
      findmnt --noheadings --first-only --poll=umount --timeout 60000 "$2"
      shows "$@" || show "$@"
    done
  }
  # Any JVM that starts removes a name without a process, or without a lock on it. The file is opened in a folder that nobody
  # else may write to: in the other one somebody could exchange it for a FIFO, which would last for ever.
  list() {
    find_process "$PPID" "$3"
    [ -n "$found" ] || return
    rm -f "$found"
    made=$(mktemp -d restore-list.XXXXXX) && exec 7< . || return
    # The user of the counters may have exchanged it: nothing that is there is opened, and nothing stays.
    if cd -P -- "$made" && [ -O . ] && ( set -C; : > listed ); then
      exec 5< listed && flock -n 5
      ln -T listed "/proc/self/fd/7/$found" && listed=$found
      rm -f listed
    fi
    cd /proc/self/fd/7 && exec 7<&-
    rm -rf "$made"
  }
  while read -r socket <&4; do
    [ "$socket" != none ] || socket=$1/none
    if [ -n "$2" ]; then
      show "$@"
      ! command -v findmnt > /dev/null || show_again "$@" 4<&- &
    fi
    [ -z "$4" ] || list "$@"
    true > "$1/shown"
  done
  trap "" TERM
  kill -TERM 0
  [ -z "$listed" ] || rm -f "$listed"
  socket=
  { read -r socket < "$1/attach"; } 2> /dev/null
  work=
  { read -r work < "$1/work"; } 2> /dev/null
  [ -z "$socket$work" ] || rm -rf ${socket:+"$socket"} ${work:+"$work"}
  while umount "$2"; do :; done
  [ ! -f "$2" ] || [ -s "$2" ] || grep -qs " $2 " /proc/[0-9]*/mountinfo || rm -f "$2"
  rm -rf "$1"'
