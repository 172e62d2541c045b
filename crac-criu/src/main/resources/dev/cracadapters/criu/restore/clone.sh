
# ==== --clone: this script once more, as PID 1 of new namespaces.
clone() {
  command -v unshare > /dev/null || fail '--clone needs the command unshare (util-linux)'
  namespaces='--pid --mount --fork --mount-proc --kill-child'
  [ "$net" = false ] || namespaces="$namespaces --net"
  within=
  if [ "$in_user_namespace" = true ]; then
    # With a clock that goes on from where it was, as CRIU does it for root alone.
    read -r seconds more < /proc/uptime
    offset=$((uptime_then - ${seconds%%.*} + 1))
    namespaces="--user --map-user=$user --map-group=$group --keep-caps $namespaces --time --monotonic=$offset --boottime=$offset"
    # What CRIU would use if it had it, and may not here: other IDs, the machine's limits, its network.
    without=-setuid,-setgid,-sys_resource
    [ "$net" = true ] || without=$without,-net_admin
    within="setpriv --inh-caps=$without --ambient-caps=$without"
  fi
  outer=
  trap_signals signal_clone
  coming=$(mktemp "${TMPDIR:-/tmp}/crac-restore.XXXXXX") || fail "mktemp could not make a file for this restore: $make_room"
  # The process's new environment: this shell may hand down something else, a LC_ALL of its own, and no variables whose
  # names are no identifiers.
  exec 8<> "$coming"
  rm -f "$coming"
  { cat "/proc/$$/environ" && printf '\0'; } >&8 || fail "$coming could not be written: $make_room"
  # The clone ends with this script, even if that is killed. busybox's setpriv, which is a link, cannot do it.
  tied=$(command -v setpriv)
  if [ -n "$tied" ] && [ ! -L "$tied" ]; then tied='setpriv --pdeathsig KILL'; else tied=; fi
  # A session of its own, or the process could not be checkpointed again: its session leader would be outside.
  # shellcheck disable=SC2086 # lists
  around $tied unshare $namespaces setsid $within /bin/sh "$0" --inside "$criu" "$@" <&9 9<&- 7>&8 8>&- &
  outer=$!
  for name in $pending; do
    signal_clone "$name"
  done
  await_child "$outer"
  code=$?
  # shellcheck disable=SC2086
  if [ "$code" -eq 1 ] && ! said=$(around unshare $namespaces true 2>&1); then
    [ "$in_user_namespace" = false ] ||
      said="$said (an ordinary user's clone needs user namespaces, see /proc/sys/user/max_user_namespaces, \
kernel.unprivileged_userns_clone on Debian, kernel.apparmor_restrict_unprivileged_userns on Ubuntu)"
    fail "namespaces cannot be made here: $said" 'run as root, or restore without --clone'
  fi
  exit "$code"
}
# mount(8) works for user 0 alone: so one more user namespace is around the other.
around() {
  # By exec: the command is tied to the life of its parent, which must be this script.
  if [ "$in_user_namespace" = false ]; then
    exec "$@"
  else
    # shellcheck disable=SC2016 # expanded by the other shell
    exec unshare --user --map-root-user --mount sh -c '
      [ -z "$1" ] || { mkdir -p "$1" && mount -t tmpfs -o mode=0755 tmpfs "$1"; } || exit 1
      shift
      exec "$@"' crac-user "${perfdata%/*}" "$@"
  fi
}
# The script inside empties the file that is its descriptor 7 when the process is up. It cannot be sent the signals
# instead: PID 1 of a namespace does not see one that it has no trap for yet, and what runs in the background can trap
# neither INT nor QUIT.
signal_clone() {
  signalled=true
  if [ -z "$outer" ]; then
    pending="$pending $1"
    return
  fi
  (
    while [ -s /proc/self/fd/8 ] && kill -0 "$outer" 2> /dev/null; do sleep 0.02; done
    deliver "$1"
  ) &
}
# Sends the signal to the process by its PID here: it is the descendant whose PID in the namespaces is the one it had.
deliver() {
  generation=$outer
  while [ -n "$generation" ]; do
    below=
    for one in $generation; do
      while read -r key first last more; do
        if [ "$key" = NSpid: ] && [ "$last" = "$pid" ] && [ -z "$more" ]; then
          kill -s "$1" "$one" 2> /dev/null
          return
        fi
      done 2> /dev/null < "/proc/$one/status"
      children=
      read -r children 2> /dev/null < "/proc/$one/task/$one/children" # which ends without a newline
      below="$below $children"
    done
    generation=${below# }
  done
}

# ---- Inside: what the clone has of its own.
furnish_clone() {
  if [ "$net" = true ]; then
    { ip link set lo up || ifconfig lo up || perl -e '
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1;
        my $up = pack("a16 s x14", "lo", 0x41); ioctl($s, 0x8914, $up) or exit 1;'; } 2> /dev/null ||
      fail 'the loopback interface of the new network namespace could not be brought up: install iproute2'
  fi
  if [ "$user" -eq 0 ]; then
    said=$(mount_own_tmp 2>&1) || fail "the clone's own /tmp could not be mounted: $said" \
      'make /tmp a folder that can be the lower one of an overlay file system, such as a tmpfs, or restore without --clone'
  fi
}
# A JVM is found by names in /tmp with its PID in them, which all clones have: jcmd and jstack would reach another one than
# they were told. And each needs its own of the folders there that the process deletes when it ends. So a clone sees /tmp
# as it is outside, and what it changes is its own, except for the image folder: the next checkpoint goes there.
mount_own_tmp() {
  mounts=$(cat /proc/self/mountinfo) || return
  CDPATH='' cd -- /tmp && mount -t tmpfs -o mode=0700 crac-clone /tmp && mkdir -m 1777 /tmp/upper /tmp/work &&
    mount -t overlay -o lowerdir=.,upperdir=/tmp/upper,workdir=/tmp/work crac-clone /tmp || return
  # What is mounted below /tmp is not seen through the overlay.
  while read -r number parent device root point more; do
    case $point in
      /tmp/hsperfdata_*) ;;
      /tmp/*)
        show_from_outside "$(printf %b "$point")" || return ;; # a blank is \040 there
    esac
  done <<LIST
$mounts
LIST
  for folder in "$here" "$image"; do
    case $folder in
      /tmp/*) show_from_outside "$folder" || return ;;
    esac
  done
  rm -rf /tmp/hsperfdata_* /tmp/.java_pid* /tmp/.attach_pid* # of others
  # Not an overlay: CRIU compares a mapped file with the one of its name.
  [ -z "$perfdata" ] || { mkdir -p -m 755 "${perfdata%/*}" && mount -t tmpfs -o mode=0755 tmpfs "${perfdata%/*}"; }
}
# What is at a path below /tmp outside of the clone, where this is the current folder.
show_from_outside() {
  [ ! -e ".${1#/tmp}" ] || mount --no-canonicalize --rbind ".${1#/tmp}" "$1"
}
