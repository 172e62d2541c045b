
# ==== early: CRIU is started before the rest of this script is read, and before the rest is looked at: see may_be_early. What
# CRIU would do harm by has been looked at:
# - memory: the process, or another one of the same cgroup, would be killed for the lack of it;
# - IDs: CRIU would fail, and what has the PID could be taken for what CRIU has left;
# - rights, which decide how CRIU is called;
# - what CRIU opens by its name: files of the sizes and times that they had, and nothing where everybody may write, who could have
#   put a FIFO or a link to a device there. The folder that it works in is new, and only this user's.
# The JDK's release, the CPU, the kernel, digests, all that is damaged: CRIU fails at it, or restores a process that is left
# stopped, and ended when something was found. What was found counts, and not what CRIU says about it.
start_early() {
  [ -n "$looker" ] || return 0
  look_at_user
  memory_fits
  [ -z "$unprivileged" ] || rights_fit
  # Root's counters of another user's process need more than a link.
  [ "$user:$group" = "$process_user" ] || findings=other
  await_end
  [ ! -e "/proc/$pid" ] && ! taken_by || findings=taken
  find_absent
  [ -z "$absent" ] || findings=absent
  take_streams
  await_child "$looker"
  code=$? looker=
  if [ "$code" -eq 0 ] && [ -z "$findings" ] && prepare_early; then
    early=true
    umask 077
    start
  else
    give_up_early
  fi
}
# The temporary folders that the process deleted when it ended, as an embedded server's: all of one mode by one command, which
# fails where there is anything at such a name. What everybody may write to gets folders that are seen to be ours before anything
# is made in them: somebody may have put a link at the name since it was looked at.
make_folders_early() {
  all_made=true
  IFS=$nl
  set -f
  while [ "$all_made" = true ]; do
    mode='' later=false everybodys=$nl
    set --
    for line in $folders; do
      at=${line#* * } rest=${line#* }
      case $at in /tmp | "$safe") continue ;; esac
      case ${line%% *} in
        [1357]???) ;;
        *[2367]) everybodys=$everybodys$at$nl ;; # who can exchange what is made there
      esac
      up=$at
      until [ -d "${up:-/}" ]; do up=${up%/*}; done
      case $up in
        /tmp | "$safe") ;;
        *) [ -O "$up" ] && [ ! -L "$up" ] || all_made=false ;;
      esac
      [ "$up" != "$at" ] || continue
      [ "${rest%% *}" = "$user:$group" ] || all_made=false
      case $everybodys in *"$nl$up$nl"* | *"$nl$at$nl"*) all_made=false ;; esac
      if [ -k "$up" ] && [ "$up" != "${at%/*}" ]; then
        later=true
      elif [ "${line%% *}" = "${mode:="${line%% *}"}" ]; then
        set -- "$@" "$at"
      fi
    done
    [ $# -gt 0 ] || break
    [ "$all_made" = true ] && mkdir -m "$mode" -- "$@" 2> /dev/null || all_made=false
    [ "$all_made" = false ] || for at; do made_folders=$at$nl$made_folders; done
  done
  unset IFS
  set +f
  [ "$all_made$later" = truefalse ]
}
# Of a restore that was refused.
remove_made_folders() {
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # a list
  rmdir -- $made_folders 2> /dev/null
  unset IFS
  set +f
}
prepare_early() {
  make_folders_early || return
  use_up_ids
  make_files || return
  # In their place later: see settle_counters.
  place_of_counters=${perfdata%/*}/restore-$pid.$instance
  if [ "$has_perfdata" = true ]; then
    [ -r "$here/perfdata" ] && { true 8<> "$work/perfdata"; } 2> /dev/null || return
    counters=$work
    exec 8<> "$work/perfdata"
  else
    place_of_counters=
  fi
  images=$data/criu
  remove_left_names
  name_attach_socket
}
# What was looked at beside this shell.
take_over() {
  [ "$has_perfdata" = false ] || copy_counters
  open_to_all=
  {
    IFS= read -r counters_seen
    while IFS= read -r line; do open_to_all=$open_to_all${open_to_all:+$nl}$line; done
  } < "$work/seen"
}
give_up_early() {
  exec 8<&-
  give_up_work
  counters='' findings='' looker='' made_folders=''
  [ "$again" -eq 0 ] || return 0 # what came before is the process's
  come=$pending pending=
  for name in $come; do
    kill -s "$name" "$$"
  done
}

start_early
