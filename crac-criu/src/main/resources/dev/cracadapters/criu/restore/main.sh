
# ==== main: called by the last line, which the dump script writes after the values that are known only then.
main() {
  set -u
  LC_ALL=C
  # As PID 1 it would not even see a signal before it has traps for them.
  [ "$$" -ne 1 ] || { trap 'exit 143' TERM; trap 'exit 130' INT; }
  # On the way to CRIU, starting a process costs as much as a hundred of the shell's own commands: keep them few.
  self=$0
  # The image is beside the script, and not beside a link to it.
  [ ! -L "$0" ] || self=$(readlink -f -- "$0") || exit 125
  case $self in
    */*) here=${self%/*}/ ;;
    *) here=. ;;
  esac
  here=$(CDPATH='' cd -P -- "$here" && pwd -P) || exit 125
  parse "$@"
  [ -d "$here/criu" ] || [ -e "$here/manifest.json" ] ||
    fail "there is no folder criu in $here: call IMAGE/restore where it is, or by a symbolic link, not by a copy or hard link of it"
  [ "$inside" = true ] || require_proc
  look_at_user
  [ "$inside" = true ] || check
  take_streams
  if [ "$inside" = true ]; then
    furnish_clone
  elif [ "$clone" = true ]; then
    clone "$@"
  fi
  prepare
  start
  verify "$@"
  supervise "$@"
}
