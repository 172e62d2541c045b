
# ==== The socket by which jcmd and jstack reach the process: all look for it at /tmp/.java_pidPID, and PID is the process's
# own, which all clones have. CRIU binds it to the name in its image, which is HotSpot's first one for it; the process moves it.
name_attach_socket() {
  attach='' sockets=''
  [ "$inside" = true ] || sockets="/tmp/.java_pid$pid.tmp /tmp/.java_pid$pid"
  [ -n "$attach_spot" ] || return 0
  [ "$inside" = true ] || [ ! -w /tmp ] || [ -e "/tmp/.java_pid$pid.tmp" ] || [ -L "/tmp/.java_pid$pid.tmp" ] || return 0
  # CRIU could not bind it there, or all clones' would be one: in a copy of the list of open files it has another name.
  for folder in /tmp /dev/shm /var/tmp /run; do
    [ ! -w "$folder" ] || ! free_name "$folder" || break
  done
  [ -n "$attach" ] || fail "no name for the attach socket is left, without which CRIU cannot restore the process: remove /tmp/.java_pidx*"
  [ "$inside" = true ] || sockets="$sockets $attach"
  rename_in_image "$attach" "$attach_spot"
  [ "$inside" = false ] || { echo "$attach" > "$own/attach"; } 2> /dev/null || fail "$own/attach could not be written: $make_room"
}
# Leaves in $attach one in a folder, of the length of the first. Somebody may have made all the names that there are.
free_name() {
  tried=0
  while [ "$tried" -lt 1000 ]; do
    tried=$((tried + 1))
    read -r attach < /proc/sys/kernel/random/uuid
    attach=$1/.java_pidx$attach
    while [ ${#attach} -gt "${attach_spot#*:}" ]; do attach=${attach%?}; done
    [ -e "$attach" ] || [ -L "$attach" ] || return 0
  done
  attach=
  return 1
}
# Of a process that was ended by KILL: HotSpot removes its socket otherwise. A clone's is removed by what runs beside it.
remove_sockets() {
  [ -n "$sockets" ] && ! lives "$pid" || return 0
  for socket in $sockets; do
    [ ! -e "$socket" ] || rm -f "$socket" 2> /dev/null
  done
}
# When CRIU has bound it, and before the process goes on.
show_attach_socket() {
  if [ "$inside" = true ]; then
    exec 8<> "$own/asked" # while it is open, what is the clone's own stays
    echo "${attach:-none}" >&8
    turns=0
    while [ ! -e "$own/shown" ] && [ "$turns" -lt 500 ]; do
      turns=$((turns + 1))
      sleep 0.01
    done
    # shellcheck disable=SC3013 # dash, bash and ash have -ef
    [ -z "$attach" ] || [ "/tmp/.java_pid$pid" -ef "$attach" ] || [ ! -w /tmp ] ||
      echo "restore: jcmd and jstack cannot reach this clone: its socket could not be mounted on /tmp/.java_pid$pid" >&2
  elif [ -n "$attach" ]; then
    # Another user's file may be in the way, which hinders nothing but jcmd. To another file system no socket can be moved.
    { [ "${attach%/*}" = /tmp ] && mv -fT -- "$attach" "/tmp/.java_pid$pid" 2> /dev/null; } || rm -f -- "$attach"
  fi
}
