
# ==== Whose is a folder, or a file? Whoever may rename it, or a folder above it, can put another one in its place at any time, and
# whoever owns it can do so with what is in it. Shared with the dump script and crac-restore.

# Whether nobody but root, this user and those who are named could change something that is here, or put something else in its
# place. Its real path is left in $real; otherwise $cause and $remedy say why not. $warning says what a pod lets pass. Nothing
# stands between << and its end before this was seen of TMPDIR, where some shells keep such text. PATH [USER]...
only_ours() {
  cause='' remedy='' warning='' trusted=' 0 ' own_group='' own_groups=''
  named=$1
  shift
  while read -r field first second rest; do
    case $field in
      Uid:) trusted="$trusted$second " ;;
      Gid:) own_group=$second ;;
      Groups:) own_groups=" $first $second $rest " ;;
    esac
  done < /proc/self/status
  trusted="$trusted$* "
  if ! find_real "$named"; then
    cause="$named is not here, or cannot be looked at"
    remedy='Name another one'
    return 1
  fi
  set --
  at=$real
  while [ -n "${at%/}" ]; do
    set -- "$at" "$@"
    at=${at%/*}
  done
  # From above, and no link is followed: what was seen to be ours stays where it is while the next is looked at.
  seen=$(stat -c '%u %g %a %n' -- / "$@" 2> /dev/null)
  look_at_owners / "$@"
}
# Leaves in $real where something is, when all links are followed.
find_real() {
  if [ -d "$1" ]; then
    real=$(CDPATH='' cd -P -- "$1" 2> /dev/null && pwd -P) && return
  fi
  case $1 in
    /*) ;;
    *) set -- "$PWD/$1" ;;
  esac
  if [ -L "$1" ]; then
    real=$(readlink -f -- "$1") && [ -e "$real" ]
  else
    real=$(CDPATH='' cd -P -- "${1%/*}/" 2> /dev/null && pwd -P) && real=${real%/}/${1##*/} && [ -e "$real" ]
  fi
}
look_at_owners() { # the paths, of which $seen has a line each
  set -f
  IFS='
'
  for line in $seen; do
    unset IFS
    [ "${line#* * * }" = "${1-}" ] && owner_fits ${line%% /*} || break
    shift
  done
  unset IFS
  set +f
  [ $# -eq 0 ] || {
    [ -n "$cause" ] || cause="$1 cannot be looked at" remedy='Name another one'
    return 1
  }
}
owner_fits() { # OWNER GROUP MODE, for the path in $line
  at=${line#* * * }
  case $trusted in
    *" $1 "*) ;;
    *)
      if ! is_nobody_here "$1"; then
        cause="$at belongs to user $1"
        remedy='name one that, like all above it, is yours or root'\''s'
        return 1
      fi ;;
  esac
  case $3 in
    1??? | 3??? | 5??? | 7???) [ ! -d "$at" ] || return 0 ;; # sticky: nobody takes another one's entry away
  esac
  case $3 in
    *[2367])
      cause="$at can be written by everybody"
      remedy="take that right away (chmod o-w $at, or chmod +t $at where it is everybody's), or name another one"
      if [ -n "${KUBERNETES_SERVICE_HOST-}" ] && is_mount_point "$at"; then
        warning=$cause cause=''
        return
      fi
      return 1 ;;
    *[2367]?)
      case $2:$own_groups in
        "0:"* | "$own_group:"*) ;;
        *" $2 "*) warning="$at can be written by the group $2" ;;
        *)
          cause="$at can be written by the group $2"
          remedy="take that right away (chmod g-w $at), or name another one"
          return 1 ;;
      esac ;;
  esac
}
# The same of a path as it is named: also the links on its way, which somebody could turn. PATH [USER]...
only_ours_by_name() {
  left=$1
  shift
  while [ -n "${left%/}" ]; do
    if [ -L "$left" ]; then
      only_ours "${left%/*}/" "$@" && link_fits "$left" || return
    fi
    left=${left%/*}
  done
}
link_fits() {
  owner=$(stat -c %u -- "$1")
  case $trusted in *" $owner "*) return ;; esac
  ! is_nobody_here "$owner" || return 0
  cause="$1 is a link of user $owner" remedy='name what it leads to'
  return 1
}
# In a user namespace whoever has no number, the machine's root first of all, is shown as this one.
is_nobody_here() {
  first='' second='' rest=''
  { read -r first second rest < /proc/self/uid_map; } 2> /dev/null || return
  # By cat: a shell reads byte by byte, and the kernel answers only the first read of such a file.
  [ "$first $second $rest" != '0 0 4294967295' ] && [ "$1" = "$(cat /proc/sys/kernel/overflowuid 2> /dev/null)" ]
}
is_mount_point() {
  while read -r first second rest; do
    rest=${rest#* * } # the device, and what of it is mounted
    point=${rest%% *}
    case $point in *\\*) point=$(printf %b "$point") ;; esac # a blank is \040 there
    [ "$point" != "$1" ] || return 0
  done < /proc/self/mountinfo
  return 1
}
# The same of a folder for temporary files. That of the system is known to root at once: what lies in / is root's to make.
is_safe_folder() {
  cause='' warning='' real=$1
  case $1 in /tmp | /dev/shm) [ -L "$1" ] || ! [ -k "$1" ] || ! [ -O "$1" ] || return 0 ;; esac
  only_ours "$1"
}
