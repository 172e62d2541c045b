# The trial restore: CRIU has the process back from the image, in namespaces of its own, while the first one is held. Nothing of
# it runs. Only after that the image takes its place, and the process ends. A part of the dump script.

# As much as a restore has, what it takes to read the image, and what it takes to tell that it was late.
trial_seconds() {
  case $verify in
    off) echo 0 ;;
    *) echo $((restore_seconds + (resident >> 26) + 10)) ;;
  esac
}
# Leaves in $trial_millis how long that took; empty where the image was not tried, and a line and $why_untried say why. Gives up where the
# image cannot be restored, or was to be tried in any case.
try_image() {
  trial_millis='' why_untried=''
  [ "$verify" != off ] || return 0
  identity=
  case $encrypted_by in
    '') ;;
    openssl) identity=$encryption_file ;;
    *) untried="what decrypts it, by $encrypted_by, is not known at a checkpoint" ;;
  esac
  [ -z "$untried" ] || { goes_untried; return; }
  look_at_clock
  trial_began=$moment
  (
    { echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null # the first to be ended for want of memory, and not the last
    unset CRAC_CRIU
    exec /bin/sh "$staging/restore" --trial ${identity:+--identity "$identity"}
  ) > trial.out 2>&1 < /dev/null 5<&- 7>&- 8>&- 9>&- &
  trial=$!
  (watch_trial) > /dev/null 2>&1 < /dev/null 5<&- 7>&- 8>&- 9>&- &
  trial_watch=$!
  wait "$trial"
  code=$?
  kill "$trial_watch" 2> /dev/null
  look_at_clock
  told=
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line#restore: }
    told=$told${told:+; }${line#"restore:   - "}
  done < trial.out
  case $code in
    0) trial_millis=$((moment - trial_began)) ;;
    3) gives_up "the image cannot be restored, as its trial has shown: $told" ;;
    *)
      untried=${told:-"its restore ended with exit status $code"}
      [ ! -e trial.late ] || untried="its restore did not end within $(trial_seconds) s"
      goes_untried ;;
  esac
}
# Who cannot read the process's standard error finds the reason in the manifest.
goes_untried() {
  [ "$verify" != restore ] || gives_up "the image cannot be tried, which crac.verify=restore wants: $untried"
  say "the image was not tried by a restore: $untried"
  why_untried=$(printf %s "$untried" | tr -d '[:cntrl:]"\\')
}
# A restore keeps its own limit. This one is for what has been stopped, and for a disk or a command that does not answer.
watch_trial() {
  read -r up word < /proc/uptime
  last=$((${up%.*} + $(trial_seconds)))
  while sleep 0.5 && lives "$trial"; do
    read -r up word < /proc/uptime
    [ "${up%.*}" -ge "$last" ] || continue
    true > trial.late
    # What is in the namespaces ends with what has made them.
    for child in $(cat "/proc/$trial/task/$trial/children") "$trial"; do
      kill -KILL "$child"
    done
    break
  done
}
