
# ==== check, strangers: below a folder that everybody may write to, as /tmp, somebody else may have made what the process had
# there. That must be the process's user's or root's, whom nobody can take its name in a sticky folder, and the files are
# compared by their SHA-256: somebody who chooses what is in a file can give it any checksum, size and time.

# Leaves in $open_to_all which of the folders above what the process needs are so, by their modes.
look_at_folders() {
  IFS=$nl
  set -f
  set --
  for path in $needed_folders; do
    locate "$path"
    set -- "$@" "$at"
  done
  for line in $maps; do
    at=${line#*=}
    while [ -n "${at%/*}" ]; do
      at=${at%/*}
      set -- "$@" "$at"
    done
  done
  open_to_all=
  for line in $(stat -L -c '%a %n' -- "$@" 2> /dev/null); do
    case ${line%% *} in
      *[2367]) open_to_all=$open_to_all${open_to_all:+$nl}${line#* } ;;
    esac
  done
  unset IFS
  set +f
}
lies_open() {
  case $nl$open_to_all in *"$nl/"*) ;; *) return 1 ;; esac
  left_open=$open_to_all$nl
  while [ -n "$left_open" ]; do
    open=${left_open%%"$nl"*}
    left_open=${left_open#*"$nl"}
    case $1 in "${open%/}"/*) return 0 ;; esac
  done
  return 1
}

strangers_fit() {
  [ -n "$open_to_all" ] || return 0
  [ -z "$criu" ] || criu_is_ours
  IFS=$nl
  set -f
  set -- # first what was there when it was looked for, see vanished
  others_open=
  for path in $needed $places; do
    locate "$path"
    if ! lies_open "$at"; then
      continue
    elif is_put_back "$path"; then
      others_open=$others_open$nl$at
    else
      set -- "$@" "$at"
    fi
  done
  here_before=$#
  # shellcheck disable=SC2086 # a list
  set -- "$@" $others_open
  for path in $needed_folders; do
    locate "$path"
    ! lies_open "$at" || set -- "$@" "$at"
  done
  for line in $maps; do
    ! lies_open "${line#*=}" || set -- "$@" "${line#*=}"
  done
  for line in $policy_files; do
    path=${line#* * * * * }
    ! lies_open "$path" || set -- "$@" "$path"
  done
  for path in $deleted; do # CRIU makes it again in its folder for a moment
    locate "$path"
    at=${at%/*}
    while lies_open "$at"; do
      set -- "$@" "$at"
      at=${at%/*}
    done
  done
  # shellcheck disable=SC2046 # a list
  set -- "$@" $(doubtful_folders)
  unset IFS
  set +f
  [ $# -eq 0 ] || owners_fit "$@"
  digests_fit
}
# The temporary folders that are there, but for those that are seen to be this user's without another command.
doubtful_folders() {
  for line in $folders; do
    locate "${line#* * }"
    lies_open "$at" || continue
    [ -d "$at" ] || [ -L "$at" ] || continue
    CDPATH='' cd -P -- "$at" 2> /dev/null && [ "$PWD" = "$at" ] && [ -O . ] || printf '%s\n' "$at"
  done
}
# A file that the image brings along, that it has a copy of, or that is missing with all of the JDK.
is_put_back() {
  case $nl$caches$nl$lost$nl in *"$nl$1$nl"* | *" $1$nl"*) return 0 ;; esac
  is_of_missing_jdk "$1"
}
# What somebody takes away while its owner is looked at is there again when CRIU opens it.
vanished() {
  case $nl$seen$nl in *" $1$nl"*) return 1 ;; esac
  case $findings in *"$1 is missing"*) return 1 ;; esac
}
owners_fit() {
  # Of a link both: who made it, and whose is what it leads to.
  seen=$(stat -c '%u %n' -- "$@" 2> /dev/null; stat -L -c '%u %n' -- "$@" 2> /dev/null)
  while [ "$here_before" -gt 0 ]; do
    ! vanished "$1" || finding "$1 is missing: put it back, or name where it is by --map OLD=NEW"
    shift
    here_before=$((here_before - 1))
  done
  told=
  while IFS=' ' read -r owner at; do
    case $owner in '' | 0 | "${process_user%%:*}") continue ;; esac
    ! is_nobody_here "$owner" || continue
    case $told$nl in *"$nl$at$nl"*) continue ;; esac
    told=$told$nl$at
    finding "$at belongs to user $owner, who may have made it for this process to find: everybody may write to a folder above it. Remove it, or have root or user ${process_user%%:*} own it"
  done <<LIST
$seen
LIST
}
digests_fit() {
  present='' digests=''
  IFS=$nl
  set -f
  while IFS= read -r path <&7 && read -r digest <&8; do
    locate "$path"
    case $changed$nl in *"$nl$at$nl"*) continue ;; esac
    if [ -f "$at" ] && [ -r "$at" ] && lies_open "$at" && ! is_of_missing_jdk "$path"; then
      present=$present${present:+$nl}$at
      digests=$digests${digests:+$nl}$digest
    fi
  done 7<<PATHS 8<<DIGESTS
$shared
PATHS
$shared_digests
DIGESTS
  if [ -z "$present" ]; then
    unset IFS
    set +f
    return 0
  fi
  # shellcheck disable=SC2086 # a list
  set -- $present
  unset IFS
  set +f
  bound_reading
  now=$(sha256 "$@" 2> /dev/null)
  code=$?
  bounded=
  were_read "$code" "$present" || return 0
  [ "$code" -eq 0 ] || {
    finding "$1 lies where everybody may write, and cannot be verified: install sha256sum (coreutils) or openssl"
    return
  }
  while read -r digest <&7 && read -r digest_now more <&8; do
    if [ "${digest_now#\\}" != "$digest" ]; then
      case $changed$nl in
        *"$nl$1$nl"*) ;; # which its checksum has said
        *) changed_file "$1" 'other content' ;;
      esac
    fi
    shift
  done 7<<DIGESTS 8<<NOW
$digests
DIGESTS
$now
NOW
}
