
# ==== main: called by the last line, which the dump script writes after the values that are known only then.
main() {
  set -u
  had_lc_all=${LC_ALL+true} callers_lc_all=${LC_ALL-}
  LC_ALL=C
  # On the way to CRIU, starting a process costs as much as a hundred of the shell's own commands: keep them few.
  data=$here small_seen=false large_seen=false
  parse "$@"
  [ "$inside" = true ] || require_proc
  look_at_user
  [ ! -d "$here/$staged" ] || await_place
  if [ "$inside" = true ]; then find_gone; else check; fi
  [ "$inside" = false ] || outer_lives
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
