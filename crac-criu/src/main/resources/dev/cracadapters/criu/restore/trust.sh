
# ==== Who could change an image, or a key? Its owner, a group, everybody, and so for each folder above it, and each link on the way.
# A checkpoint looks at its folder by the same rule (FolderTrust), and TrustIT compares the two:
# - root and this user are trusted, and in a user namespace whoever has no number in there;
# - everybody may write to a sticky folder above, where nobody takes another one's entry away, and nowhere else; in Kubernetes
#   to a volume as well, which is the pod's own, with a warning;
# - a group that may write is 0, this user's first one, or another one that this user is in, with a warning.
look_at_self() {
  users='' groups=''
  while read -r field one two more; do
    case $field in
      Uid:) user=$two users=" 0 $two " ;;
      Gid:) group=$two ;;
      Groups:) groups=" $one $two $more " ;;
    esac
  done < /proc/self/status
  find_nobody
  users="$users${nobody:+$nobody }"
}
# Leaves in $at the real path of a file or folder, or in $unfit who could have its name lead elsewhere.
follow() {
  at='' ahead=$1 links=0
  case $ahead in /*) ;; *) ahead=$(pwd -P)/$ahead ;; esac
  while [ -n "$ahead" ]; do
    name=${ahead%%/*}
    case $ahead in */*) ahead=${ahead#*/} ;; *) ahead= ;; esac
    case $name in
      '' | .) continue ;;
      ..) at=${at%/*}; continue ;;
    esac
    if [ ! -L "$at/$name" ]; then
      at=$at/$name
      continue
    fi
    links=$((links + 1))
    [ "$links" -le 40 ] || { unfit="$1 is a link that leads to itself"; return 1; }
    target=$(readlink -- "$at/$name") && look link "$at/$name" && look_above "$at" || return
    case $target in /*) at= ;; esac
    ahead=$target/$ahead
  done
}
look_above() { # a real path, and all folders above it
  above=$1
  set -- /
  while [ -n "$above" ]; do
    set -- "$above" "$@"
    above=${above%/*}
  done
  look above "$@"
}
# By one command: link, above (a folder on the way) or itself, and the paths.
look() {
  how=$1
  shift
  seen=$(stat -c '%u %g %a' -- "$@" 2> /dev/null) || { unfit="$1 cannot be looked at, or what is in it"; return 1; }
  while read -r owner its_group mode; do
    only_ours_write "$1" || return
    shift
  done <<SEEN
$seen
SEEN
}
only_ours_write() {
  bits=0$mode
  case $users in
    *" $owner "*) ;;
    *)
      case $how in
        link) unfit="$1 is a link of user $owner, who could have it lead elsewhere: name what it leads to" ;;
        *) unfit="$1 belongs to user $owner, who could change it: give it to user $user (chown)" ;;
      esac
      return 1
      ;;
  esac
  if [ "$how" = link ] || { [ "$how" = above ] && [ $((bits & 01000)) -ne 0 ]; }; then
    return 0
  elif [ "$how" = itself ] && [ -L "$1" ]; then
    unfit="$1 is a link, and an image has none: copy the image again"
    return 1
  elif [ $((bits & 02)) -ne 0 ]; then
    is_volume_of_pod "$1" || {
      unfit="$1 can be written by others (mode ${bits#0}): close it (chmod go-w)"
      return 1
    }
    warning=${warning:-"$1 may be written by everybody, who could change the image"}
  elif [ $((bits & 020)) -ne 0 ] && [ "$its_group" -ne 0 ] && [ "$its_group" -ne "$group" ]; then
    case $groups in
      *" $its_group "*) warning=${warning:-"$1 may be written by the group $its_group, whose members could change the image"} ;;
      *)
        unfit="$1 can be written by the group $its_group, which this user is not in: close it (chmod g-w)"
        return 1
        ;;
    esac
  fi
}
is_volume_of_pod() {
  [ -n "${KUBERNETES_SERVICE_HOST-}" ] || return
  while read -r _ _ _ _ point _; do
    [ "$point" != "$1" ] || return 0
  done < /proc/self/mountinfo
  return 1
}
# What one that may be restored consists of is this user's or root's alone.
is_only_ours() { # $here
  look_above "${here%/*}" || return
  set -- "$here"
  for entry in "$here"/* "$here"/.new-* "$here"/criu/* "$here"/copies/* "$here"/.new-*/* "$here"/.new-*/*/*; do
    [ ! -e "$entry" ] && [ ! -L "$entry" ] || set -- "$@" "$entry"
  done
  look itself "$@"
}
# A key decides which images are ours, and who has a secret makes them.
is_our_key() { # $key, which becomes its real path
  follow "$key" && look_above "${at%/*}" && look itself "$at" || return
  key=$at
  if ! is_pem "$key"; then
    [ $((bits & 044)) -eq 0 ] || {
      unfit="$key can be read by others (mode ${bits#0}), who could sign by it: make a new one, and close it (chmod 600)"
      return 1
    }
  else
    case $first in
      *'PRIVATE KEY'*)
        unfit="$key is a private key, which signs: name the public one of the pair (openssl pkey -in $key -pubout)"
        return 1
        ;;
    esac
  fi
}
