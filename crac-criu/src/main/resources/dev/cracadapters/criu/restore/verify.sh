
# ==== verify: is the image whole? Looked at while CRIU works: the process waits for its mail, which says that the image is
# whole, and all else that the process needs to know.
verify() {
  is_whole || fail_damaged
  written=true
  [ "$trial" = false ] || { hold_back; return; }
  {
    put 'restored\0instance=%s\0image=%s\0bytes=%s\0events=%s\0lifeline=%s\0' \
      "$instance" "$here" "$bytes" "$work/events" "$work/lifeline"
    case $counters in '' | "$work") ;; *) put 'counters=%s\0' "$counters" ;; esac
    mail "$@"
    # shellcheck disable=SC2086 # a list
    put 'part=%s\0' $parts
    [ -z "$stale" ] || while IFS= read -r line; do [ -z "$line" ] || put 'stale=%s\0' "$line"; done <<LIST
$stale
LIST
    put 'environment\0'
    if [ "$inside" = true ] || [ "$again" -gt 0 ]; then cat /proc/self/fd/7; else cat "/proc/$$/environ"; fi || written=false
    put 'end\0'
  } 2> /dev/null >> "$work/mailbox"
  [ "$written" = true ] || fail "$work/mailbox could not be written: $make_room"
}
