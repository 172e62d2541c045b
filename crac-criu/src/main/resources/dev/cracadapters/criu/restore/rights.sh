
# ==== check, the user: who runs this, and may they restore the process?
# Read from /proc, without starting a command. What of it the process had is in process_user, process_groups and so on.
look_at_user() {
  filtered=0
  while read -r key one two more; do
    case $key in
      Uid:) user=$two ;;
      Gid:) group=$two ;;
      Groups:) groups="$one${two:+ $two}${more:+ $more}" ;;
      CapEff:) capabilities=0x$one ;;
      NoNewPrivs:) no_new_privileges=$one ;;
      Seccomp:) filtered=$one && break ;;
    esac
  done < /proc/self/status
  # CRIU requires this option from an ordinary user, and needs it as a container's root, who lacks SYS_ADMIN (21).
  unprivileged=
  if [ "$user" -ne 0 ] || ! has 21; then unprivileged=--unprivileged; fi
  # A clone that an ordinary user makes is in a user namespace, where that user has all capabilities.
  in_user_namespace=false
  if [ "$clone" = true ] && [ "$inside" = false ] && [ "$user" -ne 0 ] && ! has 21; then in_user_namespace=true; fi
}
has() { # a capability, by its number
  [ $((capabilities >> $1 & 1)) -eq 1 ]
}
rights_fit() {
  [ -n "$unprivileged" ] || return 0
  if [ "$user" -ne 0 ] && [ "$user:$group" != "$process_user" ]; then
    finding "the process was that of user and group $process_user, and this is $user:$group: restore it as that user, or as root"
    return
  fi
  # setgroups(2) needs SETGID (6), and a user namespace forbids it.
  if [ "$groups" != "$process_groups" ] && { [ "$in_user_namespace" = true ] || ! has 6; }; then
    finding "the process was in the groups '$process_groups', and this user is in '$groups': restore it as root"
  elif [ "$in_user_namespace" = true ] && [ "${process_groups#"$group"}" != '' ]; then
    finding "the process was in the groups $process_groups, and a clone's user namespace knows only $group: restore it without --clone, or as root"
  fi
  # CRIU opens a pipe that it passes on once more, which takes its owner's rights.
  [ ! -p /proc/self/fd/0 ] || [ -r /proc/self/fd/0 ] || foreign_pipe input
  [ ! -p /proc/self/fd/1 ] || [ -w /proc/self/fd/1 ] || foreign_pipe output
  [ ! -p /proc/self/fd/2 ] || [ -w /proc/self/fd/2 ] || foreign_pipe error
  [ "$in_user_namespace" = false ] || return 0
  # Without SYS_ADMIN there is no time namespace. Timers that wait for the old machine's clock would wait for long.
  read -r seconds more < /proc/uptime
  seconds=${seconds%%.*}
  [ "$seconds" -ge "$uptime_then" ] ||
    finding "this machine has been up for $seconds s, and the image's had been for $uptime_then s: the process's timers would stand still until then; restore it with --clone, or as root"
  capabilities_fit
}
foreign_pipe() {
  finding "standard $1 is a pipe of another user, which $user may not open again: put a pipe of $user's own in between (cat | IMAGE/restore | cat), or chown it first"
}
capabilities_fit() {
  [ -n "$criu" ] || return 0 # which is a finding
  if ! has 40 && ! has 21; then # CHECKPOINT_RESTORE, SYS_ADMIN
    # Then CRIU's own file must give it (setcap), or that of a program which a script starts.
    said=$(PATH=$PATH:/usr/sbin:/sbin; getcap "$criu" 2> /dev/null)
    case $said$process_bounded$no_new_privileges in
      *cap_setpcap*0 | *cap_checkpoint_restore*false0) ;;
      *cap_checkpoint_restore*0)
        finding "CRIU lacks the capability SETPCAP: $(capabilities_remedy)" ;;
      *)
        # With the right it looks further, and ends at a container's read-only /proc/sys, which a restore may not need.
        said=$(timeout -s KILL 20 "$criu" check --unprivileged 2>&1) || case $said in
          *ns_last_pid*) ;;
          *) finding "user $user lacks the capability CHECKPOINT_RESTORE: $(capabilities_remedy), or restore with --clone, or as root" ;;
        esac ;;
    esac
    return
  fi
  [ "$process_bounded" = false ] || has 8 ||
    finding "user $user lacks the capability SETPCAP, to limit the process's bounding set as it was: give it, or restore as root"
  [ $((process_capabilities & ~capabilities)) -eq 0 ] ||
    finding "the process had the capabilities $process_capabilities, and user $user has only $capabilities: give them, or restore as root"
}
# The kernel gives none by its file to a script, and to no program where no new privileges are allowed.
capabilities_remedy() {
  if [ "$no_new_privileges" = 1 ] || [ "$(head -c 2 -- "$(command -v -- "$criu")" 2> /dev/null)" = '#!' ]; then
    [ "$no_new_privileges" = 0 ] ||
      printf %s 'no program can get it from its file here (no_new_privs): start the container without that (Kubernetes: allowPrivilegeEscalation: true), or '
    added=+checkpoint_restore,+sys_ptrace,+setpcap
    printf %s "give them to this command (as root setpriv --reuid=$user --regid=$group --clear-groups --inh-caps=$added --ambient-caps=$added $here/restore; in a systemd unit AmbientCapabilities=CAP_CHECKPOINT_RESTORE CAP_SYS_PTRACE CAP_SETPCAP)"
  else
    printf %s "give CRIU what it needs (setcap cap_checkpoint_restore,cap_sys_ptrace,cap_setpcap+eip $criu)"
  fi
}
