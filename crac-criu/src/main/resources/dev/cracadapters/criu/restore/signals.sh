
# ==== Descriptors and signals: what comes from this script's caller goes to the process.
take_streams() {
  # Descriptors that this script was started with are not the process's business.
  exec 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
  [ "$inside" = true ] || [ "$again" -gt 0 ] || exec 7<&- # or it has that from this script, see clone.sh
  # A shell gives its background commands /dev/null as standard input; the process is to have this script's.
  { true 9>&1; } 2> /dev/null || exec > /dev/null
  true 9>&2 || exec 2> /dev/null
  if { true 9<&0; } 2> /dev/null; then exec 9<&0; else exec 9< /dev/null; fi
}

# Whoever is sent a signal: this script passes it on with "$1 NAME". A signal that comes before the process is up waits
# for it in $pending: one that ends a half restored process would leave half of it behind.
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
# Waits until a child has ended, and returns its exit status. A signal that is passed on ends the command wait with a
# status of its own, and the child is still to be waited for; a status that was told is not told again.
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
