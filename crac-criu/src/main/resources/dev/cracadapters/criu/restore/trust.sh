
# ==== Who could change a file or a folder, or put something else in its place? Its owner, a group, everybody; and so for each folder
# above it, and each link on the way. Shared with the dump script and crac-restore. The JVM looks at its paths by the same rule
# (FolderTrust; TrustIT compares the two):
# - root and this user are trusted, those who are named, and in a user namespace whoever has no number in there;
# - everybody may write to a sticky folder, where nobody takes another one's entry away, and nowhere else; in Kubernetes to a
#   volume as well, which is the pod's own, with a warning;
# - a group that may write is 0, this user's first one, or another one that this user is in, with a warning.
# Each leaves $cause and $remedy where it is not so, and in $warning what is let pass. Nothing stands between << and its end before
# this was seen of TMPDIR, where some shells keep such text.

# Whether it is so of a path, when all links are followed: where it really is, is left in $real. PATH [USER]...
only_ours() {
  named=$1
  shift
  look_at_self "$@"
  if ! find_real "$named"; then
    cause="$named is not here, or cannot be looked at" remedy='name another one'
    return 1
  fi
  look_above "$real"
}
# The same of a path as it is named: also the links on its way, which somebody could turn. PATH [USER]...
only_ours_by_name() {
  named=$1
  shift
  look_at_self "$@"
  follow "$named" && look_above "$real"
}
# The same of a folder for temporary files. That of the system is known to its owner at once: what lies in / is root's to make.
is_safe_folder() {
  cause='' warning='' real=$1
  case $1 in /tmp | /dev/shm) [ -L "$1" ] || ! [ -k "$1" ] || ! [ -O "$1" ] || return 0 ;; esac
  only_ours "$1"
}
# Who this is, and [USER]... whom it trusts.
look_at_self() {
  cause='' remedy='' warning='' trusted=' 0 ' own_user='' own_group='' own_groups=''
  while read -r field first second remaining; do
    case $field in
      Uid:) own_user=$second trusted="$trusted$second " ;;
      Gid:) own_group=$second ;;
      Groups:) own_groups=" $first $second $remaining " ;;
    esac
  done < /proc/self/status
  trusted="$trusted$* "
}
# Leaves in $real where something is.
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
# The same, a link after the other: whose is each, and the folder that it is in?
follow() {
  real='' ahead=$1 followed=0
  case $ahead in /*) ;; *) ahead=$(pwd -P)/$ahead ;; esac
  while [ -n "$ahead" ]; do
    step=${ahead%%/*}
    case $ahead in */*) ahead=${ahead#*/} ;; *) ahead= ;; esac
    case $step in
      '' | .) continue ;;
      ..) real=${real%/*}; continue ;;
    esac
    if [ ! -L "$real/$step" ]; then
      real=$real/$step
      continue
    fi
    followed=$((followed + 1))
    [ "$followed" -le 40 ] || { cause="$1 is a link that leads to itself" remedy='name another one'; return 1; }
    leads_to=$(readlink -- "$real/$step") && look link "$real/$step" && look_above "${real:-/}" || return
    case $leads_to in /*) real= ;; esac
    ahead=$leads_to/$ahead
  done
  real=${real:-/}
}
# A real path and all folders above it, from above, and no link is followed: what was seen to be ours stays where it is while the
# next is looked at.
look_above() {
  upper=$1
  set --
  while [ -n "${upper%/}" ]; do
    set -- "$upper" "$@"
    upper=${upper%/*}
  done
  look above / "$@"
}
# By one command. HOW is link, above (a folder on the way, or what is at its end) or itself (what is no link, and not sticky). HOW PATH...
look() {
  how=$1
  shift
  seen=$(stat -c '%u %g %a %n' -- "$@" 2> /dev/null)
  set -f
  IFS='
'
  for seen_line in $seen; do
    unset IFS
    # shellcheck disable=SC2086 # a list of words
    [ "${seen_line#* * * }" = "${1-}" ] && fits ${seen_line%%" $1"} "$1" || break
    shift
  done
  unset IFS
  set +f
  [ $# -eq 0 ] || {
    [ -n "$cause" ] || cause="$1 cannot be looked at" remedy='name another one'
    return 1
  }
}
fits() { # OWNER GROUP MODE PATH
  bits=$3
  case $trusted in
    *" $1 "*) ;;
    *)
      if ! is_nobody_here "$1"; then
        cause="$4 belongs to user $1"
        remedy="give it to user $own_user (chown) where you trust whoever made it, or name another one"
        [ "$how" != link ] || cause="$4 is a link of user $1" remedy='name what it leads to'
        return 1
      fi ;;
  esac
  [ "$how" != link ] || return 0
  if [ "$how" = itself ] && [ -L "$4" ]; then
    cause="$4 is a link, and an image has none" remedy='copy the image again'
    return 1
  fi
  case $how$bits in
    above[1357]???) [ ! -d "$4" ] || return 0 ;;
  esac
  case $bits in
    *[2367])
      cause="$4 may be written by everybody"
      remedy="take that right away (chmod o-w $4), or name another one"
      [ ! -d "$4" ] || [ "$how" = itself ] || remedy="take that right away (chmod o-w $4, or chmod +t $4 where it is everybody's), or name another one"
      [ -n "${KUBERNETES_SERVICE_HOST-}" ] && is_mount_point "$4" || return
      warning=${warning:-$cause} cause='' ;;
    *[2367]?)
      case $2:$own_groups in
        "0:"* | "$own_group:"*) ;;
        *" $2 "*) warning=${warning:-"$4 may be written by the group $2"} ;;
        *)
          cause="$4 may be written by the group $2"
          remedy="take that right away (chmod g-w $4), or name another one"
          return 1 ;;
      esac ;;
  esac
}
# In a user namespace whoever has no number, the machine's root first of all, is shown as this one.
is_nobody_here() {
  [ "${inside-false}" = false ] || return # a clone's own namespace shows strangers so, too
  first='' second='' remaining='' nobody=''
  # By cat: the kernel gives such a file to one read alone, and this shell's takes a byte at a time.
  { IFS=' ' read -r first second remaining < /proc/self/uid_map && nobody=$(cat /proc/sys/kernel/overflowuid); } 2> /dev/null
  [ "$1" = "$nobody" ] && [ "$first $second $remaining" != '0 0 4294967295' ]
}
is_mount_point() {
  while read -r first second remaining; do
    remaining=${remaining#* * } # the device, and what of it is mounted
    point=${remaining%% *}
    case $point in *\\*) point=$(printf %b "$point") ;; esac # a blank is \040 there
    [ "$point" != "$1" ] || return 0
  done < /proc/self/mountinfo
  return 1
}
