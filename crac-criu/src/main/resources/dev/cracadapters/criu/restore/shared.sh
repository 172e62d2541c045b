
# ==== Shared with the dump script.
nl='
'
# CRIU, and others that look for options after their first word, find none there where this is set.
unset POSIXLY_CORRECT
# What /proc says of a process: $letter, its state; $ppid, its parent; $born, in ticks since the machine's start; $status,
# its exit status as wait(2) gives it, shown to the owner of a process that nobody has reaped.
look_at() {
  line='' status=''
  IFS= read -r line 2> /dev/null < "/proc/$1/stat" || return 1
  status=${line##* }
  # shellcheck disable=SC2086 # a list: the fields after the command's name
  set -- ${line##*) }
  letter=$1 ppid=$2 born=${20}
}
lives() {
  look_at "$1" || return 1 # a bare return, in a trap, gives the status from before it
  case $letter in [ZX]) return 1 ;; esac
}
