
# ==== look: what is looked at before CRIU is started, in any case.
set_out() {
  parse "$@"
  [ "$inside" = true ] || require_proc
}
finding() {
  findings="$findings
restore:   - $1"
}

# ---- /proc: that of another PID namespace shows other processes under the PIDs that are looked for.
require_proc() {
  own='' line=''
  IFS= read -r line 2> /dev/null < /proc/self/stat
  own=${line%% *}
  [ "$own" = "$$" ] || fail "/proc is not the one of this PID namespace: it shows this process as ${own:-none}, which is $$" \
    'mount it (mount -t proc proc /proc), or start the namespace with unshare --mount-proc'
}
# Leaves in $absent which of the commands that a restore always needs are not here.
find_absent() {
  absent=
  for command in stat mkdir mkfifo cksum cat grep rm sleep; do
    command -v "$command" > /dev/null || absent=$absent${absent:+, }$command
  done
}
# Has any task here an ID that the process or one of its threads had? Then $by tells which, and whose it is. That it is the ID
# of a session or a process group whose leader has ended is not looked for: CRIU finds out.
taken_by() {
  by=
  for id in $threads; do
    if [ -e "/proc/$id" ]; then
      name=
      read -r name 2> /dev/null < "/proc/$id/comm"
      by=" ($id, by ${name:-a process that has ended})"
      return
    fi
  done
  return 1
}

set_out "$@"

# ---- The process that the image is of: its dump ends it when the image is in its place, and its parent may take a while to reap
# it. Whatever else has its PID is not waited for.
await_end() {
  turns=0
  while [ -n "$ending" ] && look_at "$pid" && [ $((born - ending)) -ge -2 ] && [ $((born - ending)) -le 2 ]; do
    turns=$((turns + 1))
    [ "$turns" -lt 1000 ] || ending=
    sleep 0.01
  done
}
