
# ==== watch: what ends CRIU, and what it restores, where they come to no end by themselves, or are not to go on.
# Writes died or late to events when CRIU and the process no longer can. If this script has been killed, and CRIU hangs, nobody
# else ends them.
watch_start() {
  turns=0
  verified_after=0
  unborn=0
  stuck=0
  while sleep 1 && [ -d "$work" ]; do
    turns=$((turns + 1))
    if ! lives "$$"; then
      # Where it was killed before it had anybody run CRIU, nobody else removes what it has left.
      [ -e "$work/parent" ] || unborn=$((unborn + 1))
      [ "$turns" -ge "$limit_seconds" ] || [ "$unborn" -ge 3 ] || continue
      read -r parent < "$work/parent" || parent=0
      abandon 0
      clean_up
      break
    fi
    if [ ! -s "$work/mailbox" ]; then # that takes as long as an image is large, and the limit is CRIU's
      verified_after=$turns
      continue
    fi
    dead=false
    if look_at "$pid"; then
      [ "$letter" != Z ] || dead=true
    elif [ -e "$work/restored" ]; then
      dead=true
    elif grep Error "$work/restore.log" 2> /dev/null | grep -qv RLIMIT_NOFILE; then
      # A CRIU that fails ends at once. It waits for ever for a process that was killed.
      stuck=$((stuck + 1))
      [ "$stuck" -lt 3 ] || dead=true
    fi
    if [ "$dead" = true ]; then
      tell_script died
    elif [ $((turns - verified_after)) -ge "$limit_seconds" ]; then
      tell_script late
    else
      continue
    fi
    break
  done
  return 0
}
# Where root restores somebody's process, whoever is that user may read what the script is to read: so it looks at a file, too,
# whenever a signal has interrupted it.
tell_script() {
  { echo "$1" > "$work/verdict"; } 2> /dev/null
  echo "$1" 1<> "$work/events" # which blocks nobody
  while [ -p "$work/events" ] && [ ! -e "$work/heard" ] && lives "$$"; do
    kill -s ALRM "$$"
    sleep 1
  done
}
# Ends what is restored. CRIU gets $1 hundredths of a second to come to its end first, or it would leave a half restored
# process behind.
abandon() {
  running=false
  turns=0
  while [ ! -e "$work/restored" ] && [ ! -e "$work/gone" ] && [ "$turns" -lt "$1" ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
  if [ -e "$work/restored" ]; then
    kill -KILL "$pid" 2> /dev/null
  else
    for child in $(cat "/proc/$parent/task/$parent/children" 2> /dev/null); do
      for half in $(cat "/proc/$child/task/$child/children" 2> /dev/null); do
        kill -KILL "$half" 2> /dev/null
      done
      kill -KILL "$child" 2> /dev/null
    done
    # A CRIU that was killed left what it had restored to init. A process of that PID that is younger than this script
    # can only be that.
    if look_at "$pid" && [ "$born" -ge "$script_born" ] &&
      ! grep -q "Can't fork for" "$work/restore.log" 2> /dev/null; then
      kill -KILL "$pid" 2> /dev/null
    fi
    # So has one that was killed while children of its own tried out the kernel: they have its environment.
    for left in $(grep -lsxz "CRAC_RESTORE=$instance" /proc/[0-9]*/environ); do
      left=${left#/proc/}
      kill -KILL "${left%/environ}" 2> /dev/null
    done
  fi
  reap
}
reap() {
  { echo reap >&5; } 2> /dev/null # where it has come to the FIFOs
  exec 5>&-
  ended=$status # the process's, and not its parent's
  turns=0
  read -r seconds more < /proc/uptime
  last=$((${seconds%.*} + 30))
  while lives "$parent" && [ "${seconds%.*}" -lt "$last" ]; do
    turns=$((turns + 1))
    [ "$turns" -gt 200 ] || continue
    sleep 0.01 # which takes longer on a busy machine
    read -r seconds more < /proc/uptime
  done
  if lives "$parent"; then # somebody has stopped it, or what it runs
    for child in $(cat "/proc/$parent/task/$parent/children" 2> /dev/null) "$parent"; do
      kill -KILL "$child" 2> /dev/null
    done
    sleep 0.1
  fi
  lives "$parent" || wait "$parent" 2> /dev/null
  status=$ended
  # Init is given some time to reap, where it is left to it: the next restore needs the PID.
  turns=0
  while [ -e "/proc/$pid" ] && [ "$turns" -lt 200 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
}
