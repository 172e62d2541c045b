
# ==== The command line.
set -u
LC_ALL=C
usage() {
  cat <<'TEXT'
Usage: IMAGE/restore [--clone [--net]] [--map OLD=NEW]... [--older-kernel] [--check] [-- ARGUMENT...]

Restores the process of this image, as often as you like. The process becomes a child of this command: its exit status
and its output are this command's, and TERM, INT, HUP, USR1, USR2 and QUIT are passed on to it.

  --clone   give the process PID and mount namespaces of its own, so that several can run on one machine
  --net     with --clone: a network namespace of its own as well, in which only the loopback interface is up
  --map OLD=NEW
            the process finds at the path OLD what is here at NEW, a folder or a file; may be repeated, and the last
            one that names a path decides. It is in a mount namespace of its own then, which needs root's rights
  --older-kernel
            restore although this kernel is older than the one of the checkpoint
  --check   only check whether the image is whole and fits this machine, and start nothing
  --help    show this

What stands after -- is found in the process as RestoreInfo.arguments(). CRAC_CRIU names the criu command to use.
Exit status: the process's own, 128 + N when signal N ended it, 125 when it could not be restored, 2 for wrong usage.
TEXT
}
fail() {
  printf 'restore: %s\n' "$@" >&2
  exit 125
}

# On the way to CRIU every process started costs as much as a hundred of the shell's own commands: see to it that they
# stay few.
case $0 in
  */*) here=${0%/*}/ ;;
  *) here=. ;;
esac
here=$(CDPATH='' cd -P -- "$here" && pwd -P) || exit 125
clone=false
coming=
net=false
check=false
inside=false
older_kernel=false
maps=
nl='
'
# Both paths without what shells and people add to them, for they are compared as texts.
map() {
  old=${1%%=*}
  while [ "$old" != "${old%/}" ]; do old=${old%/}; done
  case $1 in /*=?*) ;; *) old= ;; esac
  case $old in '' | *//* | */./* | */../* | */. | */..)
    printf 'restore: --map %s: it takes OLD=NEW, where OLD is the absolute path of a folder or file, and not /\n' \
      "$1" >&2
    exit 2 ;;
  esac
  new=${1#*=}
  if [ -d "$new" ]; then
    new=$(CDPATH='' cd -- "$new" && pwd -P) || exit 125
  elif [ -f "$new" ]; then
    folder=$(CDPATH='' cd -- "$(dirname -- "$new")" && pwd -P) || exit 125
    new=${folder%/}/${new##*/}
  else
    fail "--map $1: there is no folder or file $new"
  fi
  maps=$maps${maps:+$nl}$old=$new
}
while [ $# -gt 0 ]; do
  case $1 in
    --clone) clone=true ;;
    --net) net=true ;;
    --check) check=true ;;
    --older-kernel) older_kernel=true ;;
    --map) map "${2-}"; shift ;;
    --maps) maps=$2; shift ;; # of this script's own calls
    --inside) inside=true criu=$2 coming=$3; shift 2 ;; # of the namespaces: this script calls itself
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

