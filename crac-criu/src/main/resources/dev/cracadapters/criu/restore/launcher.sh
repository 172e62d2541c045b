
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
  printf 'crac-restore: %s; see crac-restore --help\n' "$1" >&2
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
  unfit='' warning=''
  [ -z "$key" ] || { is_there "$key" && is_our_key; } || refuse "the key cannot be used: $unfit" "$@"
  case $image in
    *@) choose "$@" ;;
    *)
      take "$image" || refuse "$unfit" "$@"
      go_on "$@"
      ;;
  esac
}
is_there() { # a key
  if [ -d "$1" ]; then
    unfit="$1 is a folder: name the file of a key by --key"
  elif [ ! -e "$1" ]; then
    unfit="there is no file $1: name that of a key by --key"
    [ ! -L "$1" ] || unfit="$1 is a link to $(readlink -- "$1"), which is not there"
  elif [ ! -f "$1" ]; then
    unfit="$1 is no file: name that of a key by --key"
  elif [ ! -r "$1" ]; then
    unfit="$1 cannot be read by this user"
  else
    return 0
  fi
  return 1
}
go_on() {
  [ -z "$warning" ] || printf 'crac-restore: %s\n' "$warning" >&2
  exec /bin/sh "$here/restore" "$@"
}
# Of several the best that fits: the newest JDK's and highest CPU's, as their names tell.
choose() {
  candidates=
  for one in "$image"*/restore; do
    [ ! -f "$one" ] || candidates=${one%/restore}$nl$candidates
  done
  findings='' passed=''
  IFS=$nl
  set -f
  for one in $candidates; do
    unset IFS
    set +f
    if ! take "$one"; then
      findings="$findings; $unfit"
      passed="$passed; $unfit"
    elif [ "$candidates" = "$one$nl" ] || said=$(/bin/sh "$here/restore" --fits "$@" 2>&1); then
      [ -z "$passed" ] || printf 'crac-restore: passing over %s\n' "${passed#; }" >&2
      go_on "$@"
    else
      said=$(printf '%s' "$said" | tr '\n' ' ')
      findings="$findings; $said"
      # That one is for another machine is as it should be.
      case $said in *' is damaged: '* | *' was changed since it was signed: '*) passed="$passed; ${said#restore: }" ;; esac
    fi
  done
  findings=${findings#; }
  refuse "no image ${image}NAME can be restored here: ${findings:-there is none}" "$@"
}
nl='
'
# Leaves in $here the folder of an image that may be restored, or in $unfit why not.
take() {
  look_at_self
  follow "$1" || { is_not_safe; return 1; }
  here=$real
  [ -f "$here/restore" ] || {
    unfit="the image $1 is not here"
    if [ -L "$1" ] && [ ! -e "$1" ]; then unfit="$unfit: it is a link to $(readlink -- "$1"), which leads nowhere"; fi
    if [ -e "$1" ]; then unfit="no image is in $1: it has no file restore, which a checkpoint puts there last"; fi
    return 1
  }
  is_ours || { is_not_safe; return 1; }
  [ -z "$key" ] || is_signed
}
is_not_safe() {
  unfit="$cause, and the image could be exchanged: $remedy"
}
# Without a key, too: what runs first is the image's own script. What is signed, or one of several, is ours with all that it has,
# also with what is not in its place yet.
is_ours() { # $here
  set -- "$here" "$here/restore"
  case $image in *@) all=true ;; *) all=${key:+true} ;; esac
  [ -z "$all" ] || for entry in "$here"/* "$here"/.new-* "$here"/criu/* "$here"/copies/* "$here"/.new-*/* "$here"/.new-*/*/*; do
    [ ! -e "$entry" ] && [ ! -L "$entry" ] || set -- "$@" "$entry"
  done
  look_above "${here%/*}" && look itself "$@"
}
# Whoever can change the key has images of their own signed by it, and so has who can read a secret.
is_our_key() { # $key, which becomes its real path
  look_at_self
  follow "$key" && look_above "${real%/*}" && look itself "$real" || {
    unfit="$cause: $remedy"
    return 1
  }
  key=$real
  if is_pem "$key"; then
    case $first in
      *'PRIVATE KEY'*)
        unfit="$key is a private key, which signs: name the public one of the pair (openssl pkey -in $key -pubout)"
        return 1
        ;;
    esac
    return 0
  fi
  its_group=${seen#* }
  its_group=${its_group%% *}
  case $bits:$its_group in
    *[4567]:*) ;;
    *[4567]?:*) # of a pod's secret it is the pod's group that reads it
      case ${KUBERNETES_SERVICE_HOST:+" $own_group $own_groups "} in *" $its_group "*) return 0 ;; esac ;;
    *) return 0 ;;
  esac
  unfit="$key can be read by others, who could sign by it: make a new one, and close it (chmod 600)"
  return 1
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

main "$@"
