
# ==== What became of it: waits until the process is up, then until it has ended.
event=
while [ -z "$event" ]; do
  read -r event <&4 # a signal that is passed on interrupts this
done
exec 4>&-
kill "$watchdog" 2> /dev/null

if [ "$event" = died ]; then
  # By itself or by a crash: its exit status is this script's, as ever.
  echo 'restore: the process ended before it was back in service' >&2
elif [ "${event#lost }" != "$event" ]; then
  abandon 0
  fail "the process cannot go on here: ${event#lost }"
elif [ "$event" != up ]; then
  abandon 0
  words=$(grep -h Error "$work/restore.log" 2> /dev/null | grep -v RLIMIT_NOFILE | tail -n 5)
  [ -n "$words" ] || words=$(tail -n 5 "$work/criu.err")
  [ -n "$words" ] || words='(it said nothing)'
  case $event:$words in
    late:*) fail "the process was not back in service within $limit_seconds s: $words" ;;
    *"Can't fork for $pid: File exists"*) fail "PID $pid is taken here: end that process, or use --clone" ;;
    *'Unable to create a thread: -17'*) # EEXIST
      fail 'the ID of a thread of the process is taken here: restore it with --clone' ;;
    *"Don't have tty"*)
      mend='the process was checkpointed on a terminal: restore it on one, or checkpoint one that has files or pipes' ;;
    *'bad size'*) mend='a file that the process had open has changed: put it back as it was' ;;
    *"Can't open file"*) mend='a file that the process had open is missing: put it back' ;;
    *) mend="run '$criu check' to see whether CRIU works on this kernel with these rights" ;;
  esac
  fail "$criu could not restore the process:" "$words" "$mend"
fi
rm -rf "$work"
[ -z "$coming" ] || rm -f "$coming"
exec 6>&-
up=true
for name in $pending; do
  kill -s "$name" "$pid" 2> /dev/null
done
while [ "$event" = up ]; do
  signalled=false
  read -r word <&3 || [ "$signalled" = true ] || break
done

# ---- The process has ended (or closed its lifeline for a checkpoint of its own; then it is watched more slowly).
turns=0
while state && [ "$letter" != Z ]; do
  turns=$((turns + 1))
  [ "$turns" -le 1000 ] || sleep 0.1
done
reap
case $status in '' | *[!0-9]*) exit 125 ;; esac
if [ $((status % 128)) -ne 0 ]; then
  exit $((128 + status % 128))
fi
exit $((status / 256))
