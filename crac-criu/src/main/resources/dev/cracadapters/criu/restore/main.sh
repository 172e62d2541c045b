
# ==== main: called by the last line.
main() {
  [ ! -d "$here/$staged" ] || await_place
  if [ "$early" = true ]; then
    take_sums
    is_of_this_script
    make_fifos
    take_over
    check
    settle_counters
  else
    look_at_user
    [ "$trial$inside" != truefalse ] || look_at_trial
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
    take_sums
    is_of_this_script
    exec 8<&-
    make_fifos
  fi
  verify "$@"
  supervise "$@"
}
