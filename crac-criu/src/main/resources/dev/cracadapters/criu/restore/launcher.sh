
# ==== crac-restore: looks for an image that fits and verifies it, then restores it.
usage() {
  cat <<'TEXT'
Usage: crac-restore [--key FILE] IMAGE [OPTION...] [--else COMMAND...]

Restores an image by its own IMAGE/restore. With a key it refuses any that does not carry that key's signature, before anything
of it has run: IMAGE/restore is a program of whoever made the image. Keep this script, and the key, where only those write whom
you trust.

  --key FILE   the public key, in PEM, of the private one that crac.image-key named at the checkpoint;
               or the same file as there, where that is a secret of both sides
  IMAGE        an image folder; or the beginning of the names of several, up to their @, of which the best that fits this machine
               is taken: /images/app@ stands for /images/app@17-x86-64-v4, /images/app@17-x86-64-v3, and so on
  OPTION       of IMAGE/restore
  --else COMMAND...
               what to start, cold, where there is no such image, or none can be restored here; one line says why

Exit status: that of IMAGE/restore; 125 when the image was refused, 2 for wrong usage.
TEXT
}
wrong() {
  usage >&2
  printf '\ncrac-restore: %s\n' "$1" >&2
  exit 2
}
# Its arguments after the first are the options.
refuse() {
  why=$1
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --else)
        shift
        [ $# -gt 0 ] || break
        printf 'crac-restore: starting cold: %s\n' "$why" >&2
        exec "$@"
        ;;
      --) break ;;
    esac
    shift
  done
  printf 'crac-restore: %s\n' "$why" >&2
  exit 125
}
main() {
  set -u
  key='' image=''
  while [ $# -gt 0 ] && [ -z "$image" ]; do
    case $1 in
      --key)
        [ $# -ge 2 ] || wrong '--key needs a file'
        key=$2
        shift
        ;;
      --help | -h) usage; exit 0 ;;
      -*) wrong "$1 is no option of this command; options of IMAGE/restore come after IMAGE" ;;
      *) image=$1 ;;
    esac
    shift
  done
  [ -n "$image" ] || wrong 'no image was named'
  [ -z "$key" ] || { [ -f "$key" ] && [ -r "$key" ]; } ||
    refuse "the key $key cannot be read: name the file of a key by --key" "$@"
  [ -z "$key" ] || { key_fits && key=$real; } || refuse "the key $key is not safe: $cause: $remedy" "$@"
  case $image in
    *@) choose "$@" ;;
    *)
      take "$image" || refuse "$unfit" "$@"
      exec /bin/sh "$here/restore" "$@"
      ;;
  esac
}
# Of several the best that fits: the newest JDK's and highest CPU's, as their names tell.
choose() {
  candidates=
  for one in "$image"*/restore; do
    [ ! -f "$one" ] || candidates=${one%/restore}$nl$candidates
  done
  findings=
  IFS=$nl
  set -f
  for one in $candidates; do
    unset IFS
    set +f
    if ! take "$one"; then
      findings="$findings; $unfit"
    elif [ "$candidates" = "$one$nl" ] || said=$(/bin/sh "$here/restore" --fits "$@" 2>&1); then
      exec /bin/sh "$here/restore" "$@"
    else
      findings="$findings; $(printf '%s' "$said" | tr '\n' ' ')"
    fi
  done
  findings=${findings#; }
  refuse "no image ${image}NAME can be restored here: ${findings:-there is none}" "$@"
}
nl='
'
# Leaves in $here the folder of an image that may be restored, or in $unfit why not.
take() {
  here=$(CDPATH='' cd -P -- "$1" 2> /dev/null && pwd -P) && [ -f "$here/restore" ] || {
    unfit="the image $1 is not here"
    return 1
  }
  # Without a key, too: what runs first is the image's own script.
  if [ -n "$key" ] || [ "$image" != "${image%@}" ]; then
    are_only_ours || return
  else
    are_above_ours && is_only_ours "$here/restore" || return
  fi
  [ -z "$key" ] || is_signed
}
# Whoever can change the key has images of their own signed by it, and so has who can read a secret.
key_fits() {
  only_ours "$key" || return
  ! is_pem "$key" || return 0
  said=$(stat -c '%a %g' -- "$real")
  case ${said% *} in
    *00) return ;;
    *0) case " 0 $own_group $own_groups " in *" ${said#* } "*) return ;; esac ;;
  esac
  cause='it is a secret, and others may read it' remedy="close it (chmod go-rwx $key)"
  return 1
}
# The image's folder and all that it has, also what is not in its place yet, and the folders above it.
are_only_ours() {
  are_above_ours || return
  for one in "$here"/* "$here/criu"/* "$here/copies"/* "$here"/.new-* "$here"/.new-*/* "$here"/.new-*/*/*; do
    [ ! -e "$one" ] && [ ! -L "$one" ] || is_only_ours "$one" || return
  done
}
are_above_ours() {
  user=$(id -u) groups=$(id -G)
  at=$here
  while at=${at%/*}; do
    is_only_ours "${at:-/}" above || return
    [ -n "$at" ] || break
  done
  is_only_ours "$here"
}
is_signed() {
  if [ ! -f "$here/SHA256SUMS.sig" ]; then
    unfit="the image $here is not signed: take it with crac.image-key, or restore it without --key where you trust whoever made it"
  elif ! said=$(verify_signature "$here/SHA256SUMS" "$key" 2>&1); then
    unfit="the image $here does not carry the signature of $key: its key is another one, or it was changed since${said:+ ($said)}"
  elif ! read -r digest name < "$here/SHA256SUMS" || [ "$name $digest" != "restore $(sha256_of_input < "$here/restore")" ]; then
    unfit="the image $here was changed: restore is not the one that was signed"
  else
    # The script is one of ours. It compares every other file with what was signed before anything of the process runs.
    return 0
  fi
  return 1
}
# What others may write to they could exchange between our look and the restore.
is_only_ours() {
  said=$(stat -c '%u %g %a' -- "$1") || { unfit="the image $here is not whole: $1 is missing"; return 1; }
  owner=${said%% *} mode=${said##* } its_group=${said#* }
  its_group=${its_group% *}
  if [ "$owner" -ne 0 ] && [ "$owner" -ne "$user" ] && ! is_nobody_here "$owner"; then
    unfit="$1 belongs to user $owner, who could change it: give it to user $user (chown) where you trust whoever made it, or run this as user $owner"
    return 1
  elif [ $((0$mode & 01000)) -ne 0 ] && [ "${2-}" = above ]; then
    return 0 # nobody takes another one's folder away in there
  elif [ $((0$mode & 02)) -ne 0 ]; then
    # A volume of a Kubernetes pod, which is nobody's but the pod's.
    [ -z "${KUBERNETES_SERVICE_HOST-}" ] || ! is_mount_point "$1" || return 0
  elif [ $((0$mode & 020)) -eq 0 ]; then
    return 0
  else
    case " 0 $groups " in *" $its_group "*) return 0 ;; esac
  fi
  unfit="$1 can be written by others (mode $mode): close it (chmod go-w)"
  return 1
}

main "$@"
