
# ==== What became of it: waits until the process is up, then until it has ended.
# Has any task here an ID that the process or one of its threads had? Then $by tells which.
taken() {
  by=
  for id in "$here"/criu/core-*.img; do
    id=${id##*/core-}
    id=${id%.img}
    if [ -e "/proc/$id" ]; then
      read -r by 2> /dev/null < "/proc/$id/comm"
      by=" ($id, by ${by:-a process that has ended})"
      return
    fi
  done
  return 1
}

event=
while [ -z "$event" ]; do
  read -r event <&4 # a signal that is passed on interrupts this
done
exec 4>&-
kill "$watchdog" 2> /dev/null

if [ "$event" = died ] && [ ! -e "$work/restored" ]; then
  # Under CRIU, which waits for it for ever, unless it is just through.
  abandon 100
  fail 'the process was ended while CRIU restored it'
fi
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
  # A thread's ID may be taken although no task has it: newer kernels free it a moment after its process was reaped (seen
  # on 6.18: up to 60 ms), and any keeps it while it is the ID of a session or process group. Neither is seen in /proc.
  case $words in
    *"Can't fork for $pid: File exists"* | *'Unable to create a thread: -17'*)
      if ! taken && [ "$clone" = false ] && [ "$again" -lt 20 ]; then
        # What the process is to have as its environment: this shell may hand down something else, see clone.sh.
        if [ "$again" -eq 0 ]; then
          exec 7<> "$work/environment"
          cat "/proc/$$/environ" >&7
        fi
        rm -rf "$work"
        sleep 0.05
        exec /bin/sh "$0" --again "$pending" "$@"
      fi
      ;;
  esac
  case $event:$words in
    late:*) fail "the process was not back in service within $limit_seconds s: $words" ;;
    *"Can't fork for $pid: File exists"*) fail "PID $pid is taken here: end that process, or use --clone" ;;
    *'Unable to create a thread: -17'*) # EEXIST
      fail "the ID of a thread of the process is taken here$by: restore it with --clone" ;;
    *"Don't have tty"*)
      mend='the process was checkpointed on a terminal: restore it on one, or checkpoint one that has files or pipes' ;;
    *'bad size'* | *'bad build-ID'*) mend='a file that the process had open has changed: put it back as it was' ;;
    *"Can't open file"*) mend='a file that the process had open is missing: put it back' ;;
    *) mend="run '$criu check' to see whether CRIU works on this kernel with these rights" ;;
  esac
  fail "$criu could not restore the process:" "$words" "$mend"
fi
rm -rf "$work"
[ "$inside" = false ] || : > /proc/self/fd/7
exec 7>&-
exec 6>&-
up=true
for name in $pending; do
  kill -s "$name" "$pid" 2> /dev/null
done
# As PID 1 this script adopts what the process's children leave behind. A shell reaps only when it waits; the kernel reaps
# what nobody wants to wait for.
[ "$$" -ne 1 ] || { ( : ); trap '' CHLD; }
while [ "$event" = up ]; do
  signalled=false
  read -r word <&3 || [ "$signalled" = true ] || break
done
trap - CHLD

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
