
# ==== crac-restore: verifies, then restores.
usage() {
  cat <<'TEXT'
Usage: crac-restore --key FILE IMAGE [OPTION...]

Restores an image that carries the signature of a key, and refuses any other before anything of it has run: IMAGE/restore is a
program of whoever made the image. Keep this script, and the key, where only those write whom you trust.

  --key FILE   the public key, in PEM, of the private one that crac.image-key named at the checkpoint;
               or the same file as there, where that is a secret of both sides
  OPTION       of IMAGE/restore

Exit status: that of IMAGE/restore; 125 when the image was refused, 2 for wrong usage.
TEXT
}
wrong() {
  usage >&2
  printf '\ncrac-restore: %s\n' "$1" >&2
  exit 2
}
refuse() {
  printf 'crac-restore: %s\n' "$1" >&2
  exit 125
}
main() {
  set -u
  LC_ALL=C
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
  [ -n "$key" ] || wrong 'no key was named'
  [ -n "$image" ] || wrong 'no image was named'
  [ -f "$key" ] && [ -r "$key" ] || refuse "the key $key cannot be read: name the file of a key by --key"
  here=$(CDPATH='' cd -P -- "$image" 2> /dev/null && pwd -P) || refuse "the image $image is not here"
  only_ours "$here" "$here/restore" "$here/SHA256SUMS"
  [ -f "$here/SHA256SUMS.sig" ] ||
    refuse "the image $here is not signed: take it with crac.image-key, or restore it by $here/restore where you trust whoever made it"
  said=$(verify_signature "$here/SHA256SUMS" "$key" 2>&1) ||
    refuse "the image $here does not carry the signature of $key: its key is another one, or it was changed since${said:+ ($said)}"
  read -r digest name < "$here/SHA256SUMS"
  [ "$name" = restore ] && [ "$(sha256_of_input < "$here/restore")" = "$digest" ] ||
    refuse "the image $here was changed: restore is not the one that was signed"
  # From here on the script is one of ours. It compares every other file with what was signed before anything of the process runs.
  exec /bin/sh "$here/restore" "$@"
}
# What others may write to they could exchange between our look and the restore.
only_ours() {
  user=$(id -u)
  for one in "$@"; do
    said=$(stat -c '%u %a' -- "$one") || refuse "the image $here is not whole: $one is missing"
    owner=${said% *} mode=${said#* }
    case $owner in 0 | "$user") ;; *) refuse "$one belongs to user $owner, who could change it: give it to user $user (chown)" ;; esac
    [ $((0$mode & 022)) -eq 0 ] || refuse "$one can be written by others (mode $mode): close it (chmod go-w)"
  done
}

main "$@"
