
# ==== --clone: this script once more, as PID 1 of new namespaces.
clone() {
  command -v unshare > /dev/null || fail '--clone needs the command unshare (util-linux)'
  namespaces='--pid --mount --propagation slave --fork --mount-proc --kill-child'
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
  make_own
  # The process's new environment: this shell may hand down something else, a LC_ALL of its own, and no variables whose
  # names are no identifiers.
  { true 8<> "$own/environment"; } 2> /dev/null || fail "$own/environment could not be made: $make_room"
  exec 8<> "$own/environment"
  { cat "/proc/$$/environ" && printf '\0'; } >&8 2> /dev/null || fail "$own/environment could not be written: $make_room"
  # The clone ends with this script, even if that is killed. busybox's setpriv, which is a link, cannot do it.
  tied=$(command -v setpriv)
  if [ -n "$tied" ] && [ ! -L "$tied" ]; then tied='setpriv --pdeathsig KILL'; else tied=; fi
  # A session of its own, or the process could not be checkpointed again: its session leader would be outside.
  # shellcheck disable=SC2086 # lists
  whose=process_user=${process_user%%:*}$nl
  around /bin/sh -c "$whose$furnish" crac-furnish "$own" "$attach" "$counted" "$private_paths" "$here" \
    "$whose$find_process$nl$make_empty$keep" "$pid" \
    $tied unshare $namespaces setsid $within /bin/sh "$0" --inside "$criu" "$own" "$@" <&9 9<&- 7>&8 8>&- 6>&- 3> "$own/outer" 5<&- &
  outer=$!
  for name in $pending; do
    signal_clone "$name"
  done
  await_child "$outer"
  code=$?
  # Where a signal came, the shell may have lost the status.
  if [ -e "$own/ended" ]; then
    read -r code < "$own/ended"
    exit "$code"
  fi
  # shellcheck disable=SC2086
  if [ "$code" -eq 1 ] && ! said=$(around unshare $namespaces true 2>&1); then
    [ "$in_user_namespace" = false ] ||
      said="$said (an ordinary user's clone needs user namespaces, see /proc/sys/user/max_user_namespaces, \
kernel.unprivileged_userns_clone on Debian, kernel.apparmor_restrict_unprivileged_userns on Ubuntu)"
    remedy='run as root, or restore without --clone'
    [ "$filtered" = 0 ] ||
      remedy='a seccomp filter is on this container, which forbids namespaces to who lacks SYS_ADMIN: restore without --clone, one container for each process, or start the container with --security-opt seccomp=unconfined'
    case $said in
      *'mount /proc failed'*)
        remedy='a part of /proc is hidden or read-only here, as containers have it: restore without --clone, one container for each process, or start the container with --security-opt systempaths=unconfined (podman: unmask=ALL, Kubernetes: procMount: Unmasked)' ;;
    esac
    fail "namespaces cannot be made here: $said" "$remedy"
  fi
  if [ "$code" -eq 1 ]; then # which is how unshare passes on KILL
    echo 'restore: the script inside the clone was killed' >&2
    exit 137
  fi
  if [ -n "$else_command" ] && [ "$code" -eq 125 ] && [ -s /proc/self/fd/8 ]; then
    fail 'the clone could not be restored, for the reason given above' # it was not up
  fi
  exit "$code"
}
# In a mount namespace in which the clone's own can be mounted. mount(8) works for user 0 alone, which an ordinary user is in
# one more user namespace. By exec: the command is tied to the life of its parent, which must be this script.
around() {
  if [ "$in_user_namespace" = false ]; then
    exec unshare --mount "$@"
  else
    exec unshare --user --map-root-user --mount "$@"
  fi
}
# The outer script may have been killed before what runs in here was tied to its life, step by step. From here on it is.
outer_lives() {
  trap '' PIPE
  { echo >&3; } 2> /dev/null || exit 137
  trap - PIPE
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
  ) 5<&- &
}
# Sends the signal to the process by its PID here.
deliver() {
  find_process "$outer" "$pid"
  [ -z "$found" ] || kill -s "$1" "$found" 2> /dev/null
}
# Leaves in $found the PID here of the descendant of $1 whose PID in its own namespace is $2. For another shell, too.
# shellcheck disable=SC2016
find_process='find_process() {
  found=
  generation=$1
  while [ -n "$generation" ]; do
    below=
    for one in $generation; do
      while read -r key first last more; do
        if [ "$key" = NSpid: ] && [ "$last" = "$2" ] && [ -z "$more" ]; then
          found=$one
          return
        fi
      done 2> /dev/null < "/proc/$one/status"
      children=
      read -r children 2> /dev/null < "/proc/$one/task/$one/children" # which ends without a newline
      below="$below $children"
    done
    generation=${below# }
  done
}'
eval "$find_process"

# ---- Inside: what the clone has of its own.
furnish_clone() {
  if [ "$net" = true ]; then
    { ip link set lo up || ifconfig lo up || perl -e '
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1;
        my $up = pack("a16 s x14", "lo", 0x41); ioctl($s, 0x8914, $up) or exit 1;'; } 2> /dev/null ||
      fail 'the loopback interface of the new network namespace could not be brought up: install iproute2'
  fi
}
