
# ==== What restores have left that were killed together with all that could have cleaned up. Looked for when the process is
# up, and removed beside it.
remove_leftovers() {
  # Where the counters have no place, somebody else can lead what is removed there elsewhere.
  beside=${perfdata%/*}
  case $counters in '' | "$work") beside= ;; esac
  for left in "${work%/*}"/crac-restore.* ${beside:+"$beside"/restore-*}; do
    [ -d "$left" ] || continue
    ( remove_dead ) < /dev/null > /dev/null 2>&1 &
    return
  done
}
# A restore is over within seconds, or is still held by somebody: its FIFO has a reader, its counters are locked, in
# whatever PID namespace.
remove_dead() {
  exec 3<&- 4>&- 5>&- 6>&- 7>&- 8>&- 9<&-
  IFS=$nl
  set -f
  for left in $(find "${work%/*}" ${beside:+"$beside"} -maxdepth 1 -type d -mmin +1 \
    \( -name 'crac-restore.*' -o -name 'restore-*' \) -user "$user"); do
    case $left in
      */crac-restore.*) [ ! -p "$left/events" ] || ! timeout 1 sh -c ': >> "$1"' sh "$left/events" ;;
      "$beside"/*) [ ! -f "$left/perfdata" ] || timeout 1 flock -n "$left/perfdata" true ;;
      *) false ;;
    esac && rm -rf "$left"
  done
}
