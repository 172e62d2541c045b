
# ==== first: what takes longest is begun first, beside this shell, which goes on to read itself. On the way to CRIU, starting a
# process costs as much as a thousand of the shell's own system calls, and its `read` makes one for each byte: so few of the
# first, and no file is read beyond what it is read for.
begin() {
  set -u
  had_lc_all=${LC_ALL+true} callers_lc_all=${LC_ALL-}
  LC_ALL=C
  data=$here small_seen=false large_seen=false maps='' check=false pending=''
  counters='' sockets='' gone='' findings='' looker='' made='' made_folders='' sums='' early=false running=false
  if may_be_early "$@"; then
    look_beside
  elif [ -n "$work" ]; then
    give_up_work
  fi
}

# ---- Is what the process needs as it was? One stat tells by sizes and times that nothing has changed, and by modes which
# folders are everybody's. Checksums are taken only where these differ, as after a copy without times. Meanwhile the folder
# [WORK] is made, if one is named.
unchanged() {
  counters_seen='' open_to_all=''
  [ -z "$maps" ] && [ "$check" = false ] && [ "$criu" = "$criu_then" ] || return
  make_in=${1-}
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # a list
  set -- $needed_folders
  # shellcheck disable=SC2086
  now=$(
    if [ -n "$make_in" ] && [ "$make_in" != "$made" ]; then mkdir -- "$make_in" 2> /dev/null & fi
    exec stat -L -c '%a %u %s %Y %d' -- $needed_folders $needed "$criu" "${make_in%/*}/" ${perfdata:+"${perfdata%/*}"} 2> /dev/null
  )
  marks='' last=''
  for line in $now; do
    if [ $# -eq 0 ]; then
      mark=${line% *}
      marks=$marks${mark#* * }$nl
      before=$last last=$line
    else
      case ${line%% *} in
        *[2367]) open_to_all=$open_to_all${open_to_all:+$nl}$1 ;;
      esac
      shift
    fi
  done
  unset IFS
  set +f
  beyond=${marks#"$needed_marks$nl$criu_mark$nl"}
  [ "$beyond" != "$marks" ] || return
  made_in=$last
  case $beyond in *"$nl"?*)
    made_in=$before
    counters_seen=${last% * * *} counters_device=${last##* } ;;
  esac
}

# ---- CRIU may be started early, before all else is looked at, where what it opens is known to be as it was, and nothing has to be
# made, decrypted or edited for it. In all other cases everything is looked at before.
may_be_early() { # the options
  is_plain "$@" && [ "$signed" = false ] && [ -z "$encrypted_by$deleted" ] || return # for CRIU would read, or make, other files
  [ ! -d "$here/$staged" ] || return
  # What is in the way of the attach socket that CRIU would bind.
  [ -z "$attach_spot" ] || { [ -w /tmp ] && [ ! -e "/tmp/.java_pid$pid.tmp" ] && [ ! -L "/tmp/.java_pid$pid.tmp" ]; } || return
  choose_temporary
  case $safe in /*) ;; *) return 1 ;; esac
  [ "${CRAC_CRIU:-"$criu_then"}" = "$criu_then" ] && command -v -- "$criu_then" > /dev/null || return
  command -v rm > /dev/null || return
  criu=$criu_then
  # A file under a policy may be another one by now, and CRIU opens it as the process had it.
  left_policies=$nl$policy_files$nl
  while [ -n "${left_policies#"$nl"}" ]; do
    left_policies=${left_policies#"$nl"}
    case $left_policies in 'cache '*' b '*) ;; *) return 1 ;; esac
    left_policies=$nl${left_policies#*"$nl"}
  done
}
# As if nothing had been: then all is looked at before CRIU is started, and what is found is said, all of it.
give_up_work() {
  [ ! -e "$work" ] || rm -rf "$work"
  work='' made=''
  trap - EXIT HUP INT QUIT USR1 USR2 TERM
  as_first_process
}
# Beside this shell, which goes on to read itself: is all as it was, and out of others' reach?
look_beside() {
  made=$work
  [ -n "$made" ] || {
    read -r instance < /proc/sys/kernel/random/uuid
    work=$safe/crac-restore.$instance
  }
  trap_signals signal_process
  trap clean_up EXIT
  ( umask 077; is_as_it_was && printf '%s\n' "$counters_seen" "$open_to_all" > "$work/seen" ) < /dev/null > /dev/null 2>&1 &
  looker=$!
}
is_as_it_was() {
  is_safe_folder "$safe" && [ "$real$warning" = "$safe" ] && unchanged "$work" && [ -O "$work" ] || return
  # The counters are moved to their place later.
  [ -z "$counters_seen" ] || [ "$counters_device" = "${made_in##* }" ] || return
  # What lies where everybody may write could be a stranger's, and lead CRIU to a device: it is looked at before.
  IFS=$nl
  set -f
  for open in $open_to_all; do
    case $nl$needed$nl$places$nl$needed_folders$nl$policy_files$nl$criu in
      *"$nl${open%/}/"* | *" ${open%/}/"*) return 1 ;;
    esac
  done
  for line in $folders; do
    at=${line#* * }
    # One that is gone is made anew, in what is there: see make_folders_early.
    until [ -e "${at:-/}" ] || [ -L "$at" ]; do at=${at%/*}; done
    case $at in /tmp | "$safe") continue ;; esac
    CDPATH='' cd -P -- "${at:-/}" && [ "$PWD" = "$at" ] && [ -O . ] || return
    for open in $open_to_all; do # whoever has one above it could exchange it
      up=$at
      while [ "$up" != "${up#"${open%/}/"}" ]; do
        [ -O "$up" ] && [ ! -L "$up" ] || return
        up=${up%/*}
      done
    done
  done
}
# A container's /tmp may be for reading; /dev/shm is memory.
choose_temporary() {
  safe=${TMPDIR:-/tmp}
  [ -n "${TMPDIR-}" ] || [ -w /tmp ] || [ ! -w /dev/shm ] || safe=/dev/shm
}
# In order, both are gone.
clean_up() {
  [ -z "$looker" ] || wait "$looker" # which may just make it
  [ ! -e "$work" ] && [ ! -e "${counters:-"$work"}" ] || rm -rf "$work" ${counters:+"$counters"}
  [ -z "$sockets" ] || remove_sockets
  [ -z "$gone" ] || remove_gone
  [ -z "$made_folders" ] || remove_made_folders
}

begin "$@"
