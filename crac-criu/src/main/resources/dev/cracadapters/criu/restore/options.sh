
# ==== The command line.
set -u
LC_ALL=C
usage() {
  cat <<'TEXT'
Usage: IMAGE/restore [--clone [--net]] [--check] [-- ARGUMENT...]

Restores the process of this image, as often as you like. The process becomes a child of this command: its exit status
and its output are this command's, and TERM, INT, HUP, USR1, USR2 and QUIT are passed on to it.

  --clone   give the process PID and mount namespaces and a /tmp of its own, so that several can run on one machine
  --net     with --clone: a network namespace of its own as well, in which only the loopback interface is up
  --check   only check whether the image is whole and fits this machine
  --help    show this

What stands after -- is found in the process as RestoreInfo.arguments(). CRAC_CRIU names the criu command to use.
Exit status: the process's own, 128 + N when signal N ended it, 125 when it could not be restored, 2 for wrong usage.
TEXT
}
fail() {
  printf 'restore: %s\n' "$@" >&2
  exit 125
}

# As PID 1 it would not even see a signal before it has traps for them.
[ "$$" -ne 1 ] || { trap 'exit 143' TERM; trap 'exit 130' INT; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 125
clone=false
net=false
check=false
inside=false
while [ $# -gt 0 ]; do
  case $1 in
    --clone) clone=true ;;
    --net) net=true ;;
    --check) check=true ;;
    --inside) inside=true criu=$2; shift ;; # of the namespaces: this script calls itself
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
if [ "$net" = true ] && [ "$clone" = false ]; then
  usage >&2
  exit 2
fi

