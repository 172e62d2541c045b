
# ==== trial: the dump script has the image restored while CRIU holds the process that it was taken of: a clone comes as far as a
# restored process before it goes on. Nothing of it runs. It ends with 3 where the image is what cannot be restored; where only
# this machine cannot have a second process now, or where something was killed, with any other status but 0.

# What of the machine's may be in the way, before the image is looked at.
look_at_trial() {
  private_paths= # the clone deletes nothing, for it does not run
  find_criu
  memory_fits
  rights_fit
  [ -z "$findings" ] || fail "a second process cannot be here beside the first:$findings"
}
# The mail stays without its end: whoever has the process go on now has it wait, and end.
hold_back() {
  { put 'restored\0'; } 2> /dev/null >> "$work/mailbox"
  [ "$written" = true ] || fail "$work/mailbox could not be written: $make_room"
}
# CRIU is through, and the image is whole. The kernel may still be about to stop the process.
end_trial() {
  letter='' turns=0
  until look_at "$pid" && [ "$letter" = T ]; do
    turns=$((turns + 1))
    [ "$turns" -le 500 ] || fail "the process, which CRIU leaves stopped, did not stop (${letter:-it is gone})"
    sleep 0.01
  done
  kill -KILL "$pid"
  exit 0 # as PID 1 it takes all others along
}
# By the event, CRIU's words, and what its shell says of its end: is it the image? That a machine is slow, or somebody ended it,
# tells nothing of that.
judge() {
  case $1:$2 in
    late:* | *'No space left'* | *'Cannot allocate memory'* | *'Resource temporarily unavailable'* | *'Too many open files'* | \
      *'Permission denied'* | *'Operation not permitted'* | *"Don't have tty"* | *': No such process'* | *ns_last_pid* | \
      *"Can't fork for"* | *'Unable to create a thread'*) return ;;
  esac
  # A CRIU that gives up kills what it has begun, and says that, too: only the first of its words is the cause.
  case ${2%%"$nl"*}:$3 in *'killed by signal 9'* | *:*Killed*) return ;; esac
  bad=true
}
