
# ==== Is the image whole? Then the process is told so, and all else that it needs to know, through its mailbox.
# While CRIU works, look whether the image is whole. The process does nothing until its mailbox is filled.
# CRIU is let come to its end first, or it would leave a half restored process behind.
abandon() {
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
  fi
  reap
}
reap() {
  exec 5>&-
  wait "$parent" 2> /dev/null
  # Init is given some time to reap, where it is left to it: the next restore needs the PID.
  turns=0
  while [ -e "/proc/$pid" ] && [ "$turns" -lt 200 ]; do
    turns=$((turns + 1))
    sleep 0.01
  done
}
if ! whole; then
  abandon 500
  damaged
fi
read -r instance < /proc/sys/kernel/random/uuid
{
  printf 'restored\0instance=%s\0image=%s\0bytes=%s\0events=%s\0lifeline=%s\0' \
    "$instance" "$here" "$bytes" "$work/events" "$work/lifeline"
  [ $# -eq 0 ] || printf 'argument=%s\0' "$@"
  [ -z "$stale" ] || while IFS= read -r line; do [ -z "$line" ] || printf 'stale=%s\0' "$line"; done <<LIST
$stale
LIST
  printf 'environment\0'
  cat "/proc/$$/environ"
  printf 'end\0'
} >> "$work/mailbox"
(
  exec 3<&- 4>&- 5>&- 6>&- 9<&-
  turns=0
  while sleep 1 && [ -p "$work/events" ]; do
    turns=$((turns + 1))
    if [ -e "$work/restored" ] && { ! state || [ "$letter" = Z ]; }; then
      echo died > "$work/events"
    elif [ "$turns" -ge "$limit_seconds" ]; then
      echo late > "$work/events"
    else
      continue
    fi
    break
  done
) < /dev/null > /dev/null 2>&1 &
watchdog=$!

