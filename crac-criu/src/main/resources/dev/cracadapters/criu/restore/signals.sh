
# ==== Descriptors and signals: what comes from this script's caller goes to the process.
take_streams() {
  # The process does not get descriptors that this script was started with.
  exec 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
  [ "$inside" = true ] || [ "$again" -gt 0 ] || exec 7<&- # or it has that from this script, see clone.sh
  # A shell gives its background commands /dev/null as standard input, but the process gets this script's.
  { true 9>&1; } 2> /dev/null || exec > /dev/null
  true 9>&2 || exec 2> /dev/null
  if { true 9<&0; } 2> /dev/null; then exec 9<&0; else exec 9< /dev/null; fi
}

# Has a signal passed on by "$1 NAME". One that comes before the process is up waits in $pending: if it ended a half
# restored process, half of that would stay behind.
trap_signals() {
  up=false
  signalled=false
  for name in HUP INT QUIT USR1 USR2 TERM; do
    # shellcheck disable=SC2064 # the name is meant now
    trap "$1 $name" "$name"
  done
}
signal_process() {
  signalled=true
  if [ "$up" = true ]; then
    kill -s "$1" "$pid" 2> /dev/null
  else
    pending="$pending $1"
  fi
}
# Waits until a child has ended, and returns its exit status. A signal that is passed on ends the command wait early, with
# a status of its own; after that, wait may have lost the child's status, which it gives only once.
await_child() {
  told=
  while :; do
    signalled=false
    wait "$1" 2> /dev/null
    code=$?
    [ "$code" -ne 127 ] || [ -z "$told" ] || code=$told
    [ "$signalled" = true ] && [ "$code" -gt 128 ] || return "$code"
    told=$code
  done
}
