
# ==== prepare, HotSpot's counters, which jps and jcmd read. Any JVM that starts deletes such a file while there is no process of
# that PID, but no folder: the process moves the file into its place when it is back.

# Leaves in $counters the folder to make for them, by HotSpot's own rules: the one above is the process's user's or root's, and
# nobody else may write to it. Otherwise somebody could have files of ours written, moved or given away: it stays empty.
find_place_of_counters() {
  counters=''
  [ "$has_perfdata" = true ] || return 0
  above=${perfdata%/*}
  [ -d "${above%/*}" ] || mkdir -p -- "${above%/*}"
  if [ ! -e "$above" ] && [ ! -L "$above" ] && mkdir -m 755 -- "$above" 2> /dev/null; then
    counters_seen="755 $user"
    [ "$user" -ne 0 ] || [ "$process_user" = 0:0 ] || chown -h "$process_user" "$above" || return
  fi
  # Not by way of a link, as it was looked at before: only here it counts.
  [ -n "${counters_seen-}" ] && [ ! -L "$above" ] && [ -O "$above" ] || counters_seen=$(stat -c '%a %u' -- "$above" 2> /dev/null)
  ! may_have_counters || counters=$above/restore-$pid.$instance
}
# By the mode and owner of the folder.
may_have_counters() {
  case $counters_seen in
    *[2367]?' '* | *[2367]' '*) return 1 ;;
    *' 0' | *" ${process_user%%:*}") ;;
    *) return 1 ;;
  esac
}
# Opens the file in the new folder by the folder itself, whatever its path leads to by now.
open_counters() {
  [ "$has_perfdata" = true ] || return 0
  opened=false
  before=$PWD
  if [ -n "$counters" ] && CDPATH='' cd -P -- "$counters" 2> /dev/null && [ "$PWD" = "$counters" ] && [ -O . ]; then
    if { true 8<> perfdata; } 2> /dev/null; then
      exec 8<> perfdata
      opened=true
      # Root restores somebody's process.
      [ "$user" -ne 0 ] || [ "$process_user" = 0:0 ] || chown -h "$process_user" perfdata . ||
        fail "$counters could not be given to $process_user"
    fi
  fi
  cd -- "$before" 2> /dev/null || cd /
  [ "$opened" = false ] || return 0
  case $counters in
    '')
      say_no_place ;;
    *) lacks_room=true ;;
  esac
  counters=$work
  { true 8<> "$counters/perfdata"; } 2> /dev/null || fail "$counters could not be written: $make_room"
  exec 8<> "$counters/perfdata"
}
say_no_place() {
  echo "restore: jps will not list this process: ${perfdata%/*} is not a folder of its user's own, to which nobody else may write. \
Remove it, or whatever is there" >&2
}
say_no_room() {
  printf 'restore: %s has no room for the counters of the process: jps does not show it\n' "${perfdata%/*}" >&2
}
copy_counters() {
  {
    # As HotSpot does, or a JVM in another PID namespace with the same /tmp would delete the file later. The lock lasts as
    # long as the mapping.
    [ "$inside" = true ] || flock --nonblock 8 2> /dev/null
    exec cat "$data/perfdata" >&8 2> /dev/null
  } &
  counters_writer=$!
}
# All blocks of the file that the process maps must be there, or it would end by a SIGBUS later: so where its folder has no
# room the file is another one, which nobody finds.
go_without_counters() {
  [ "$counters" != "$work" ] || fail "$work/perfdata could not be written: $make_room"
  rm -rf "$counters"
  lacks_room=true
  counters=$work
  exec 8<> "$counters/perfdata"
  copy_counters
  await_child "$counters_writer" || fail "$work/perfdata could not be written: $make_room"
}
# Where CRIU was started before their place was looked at, it has the file from this restore's own folder, which is in the same file
# system: here it is filled, and moved to where the process will look for it, by the folder itself, whatever its path leads to.
settle_counters() {
  [ "$has_perfdata" = true ] || return 0
  find_place_of_counters
  place=$counters counters=$work
  await_child "$counters_writer" || cmp -s "$data/perfdata" /proc/self/fd/8 || go_without_counters
  # shellcheck disable=SC3013 # dash, bash and ash have -ef
  if [ -z "$place" ]; then
    say_no_place
  elif ! mkdir -- "$place" 2> /dev/null; then
    say_no_room
  elif ( CDPATH='' cd -P -- "$place" && [ "$PWD" = "$place" ] && [ -O . ] &&
    mv -- "$work/perfdata" . && [ perfdata -ef /proc/self/fd/8 ] ) 2> /dev/null; then
    counters=$place
  else # in another mount of the same file system
    rm -rf "$place"
    say_no_room
  fi
  exec 8<&-
}
