
# ==== A clone: this script once more, as PID 1 of new namespaces.
if [ "$clone" = true ] && [ "$inside" = false ]; then
  command -v unshare > /dev/null || fail '--clone needs the command unshare (util-linux)'
  namespaces='--pid --mount --fork --mount-proc --kill-child'
  extra=--clone
  if [ "$net" = true ]; then
    namespaces="$namespaces --net"
    extra='--clone --net'
  fi
  within=
  if [ "$in_user_namespace" = true ]; then
    # With a clock that goes on from where it was, as CRIU does it for root alone.
    seconds_up
    offset=$((uptime_then - up + 1))
    namespaces="--user --map-user=$user --map-group=$group --keep-caps $namespaces --time --monotonic=$offset --boottime=$offset"
    # What CRIU would use where it has it, and may not here: other IDs, the limits of the machine, its network.
    without=-setuid,-setgid,-sys_resource
    [ "$net" = true ] || without=$without,-net_admin
    within="setpriv --inh-caps=$without --ambient-caps=$without"
  fi
  # mount(8) works for a user 0 alone: in one more user namespace, around the other.
  around() {
    if [ "$in_user_namespace" = false ]; then
      "$@"
    else
      # shellcheck disable=SC2016 # expanded by the other shell
      unshare --user --map-root-user --mount sh -c '
        [ -z "$1" ] || { mkdir -p "$1" && mount -t tmpfs -o mode=0755 tmpfs "$1"; } || exit 1
        shift
        exec "$@"' crac-user "${perfdata%/*}" "$@"
    fi
  }
  # To the process by its PID here: somewhere below, its PID in the namespaces is the one it had.
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
  # The script inside deletes this file when the process is up. It cannot be sent the signals instead: PID 1 of a
  # namespace does not see one that it has no trap for yet, and what runs in the background can trap neither INT nor QUIT.
  outer=
  on_signal() {
    signalled=true
    if [ -z "$outer" ]; then
      pending="$pending $1"
      return
    fi
    (
      while [ -e "$coming" ] && kill -0 "$outer" 2> /dev/null; do sleep 0.02; done
      deliver "$1"
    ) &
  }
  pass_on
  coming=$(mktemp "${TMPDIR:-/tmp}/crac-restore.XXXXXX") || fail 'mktemp could not make a file for this restore'
  # A session of its own, or the process could not be checkpointed again: its session leader would be outside.
  # shellcheck disable=SC2086 # lists
  around unshare $namespaces setsid $within "$0" --inside "$criu" "$coming" $extra -- "$@" <&9 9<&- &
  outer=$!
  for name in $pending; do
    on_signal "$name"
  done
  while :; do
    signalled=false
    wait "$outer"
    code=$?
    [ "$signalled" = true ] && kill -0 "$outer" 2> /dev/null || break
  done
  rm -f "$coming"
  # shellcheck disable=SC2086
  if [ "$code" -eq 1 ] && ! said=$(around unshare $namespaces true 2>&1); then
    [ "$in_user_namespace" = false ] ||
      said="$said (an ordinary user's clone needs user namespaces, see /proc/sys/user/max_user_namespaces, \
kernel.unprivileged_userns_clone on Debian, kernel.apparmor_restrict_unprivileged_userns on Ubuntu)"
    fail "namespaces cannot be made here: $said" 'run as root, or restore without --clone'
  fi
  exit "$code"
fi
if [ "$inside" = true ]; then
  if [ "$net" = true ]; then
    { ip link set lo up || ifconfig lo up || perl -e '
        use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1;
        my $up = pack("a16 s x14", "lo", 0x41); ioctl($s, 0x8914, $up) or exit 1;'; } 2> /dev/null ||
      fail 'the loopback interface of the new network namespace could not be brought up: install iproute2'
  fi
  # In a young PID namespace this script's own commands would take the low PIDs that the process wants back.
  if [ "$pid" -lt 1000 ]; then
    echo 20000 > /proc/sys/kernel/ns_last_pid
  fi
  if [ -n "$perfdata" ] && [ "$user" -eq 0 ]; then
    mkdir -p "${perfdata%/*}" && mount -t tmpfs -o mode=0755 tmpfs "${perfdata%/*}" ||
      fail "a tmpfs could not be mounted on ${perfdata%/*}"
  fi
fi

