#!/bin/sh
# Restores the process of this image; run it with --help. Written by crac-criu.
# shellcheck disable=SC2034
# As PID 1 it would not even see a signal before it has traps for them.
as_first_process() {
  [ "$$" -ne 1 ] || { trap 'exit 143' TERM; trap 'exit 130' INT; }
}
as_first_process
# First of all, before the shell reads on: is this script as it was written? Its SHA-256 is in the first line of SHA256SUMS.
self=$0
[ ! -L "$0" ] || self=$(readlink -f -- "$0") || exit 125 # the image is beside the script, and not beside a link to it
case $self in
  */*) here=${self%/*}/ ;;
  *) here=. ;;
esac
# Without another process, where the way back is sure.
if before=$PWD && [ "$before" -ef . ] && CDPATH='' cd -P -- "$here"; then
  here=$PWD
  cd -- "$before" || exit 125
else
  here=$(CDPATH='' cd -P -- "$here" && pwd -P) || exit 125
fi
# Whether the options are those of a restore that may start CRIU before all is looked at.
is_plain() {
  for word; do
    case $word in
      -- | --else) break ;;
      --check | --fits | --clone | --trial | --map | --identity | --inside | --help | -h) return 1 ;;
    esac
  done
}
work=
case ${1-} in
  --inside | --again) ;; # by this script itself
  *)
    # Meanwhile a folder is made that such a restore needs first. Nobody else can know its name, or take it in a root's sticky folder.
    if [ -z "${TMPDIR-}" ] && [ -k /tmp ] && [ -O /tmp ] && [ ! -L /tmp ] && is_plain "$@"; then
      trap 'rmdir -- "$work" 2> /dev/null' EXIT
      trap 'exit 129' HUP
      trap 'exit 130' INT
      trap 'exit 131' QUIT
      trap 'exit 138' USR1
      trap 'exit 140' USR2
      trap 'exit 143' TERM
      read -r instance < /proc/sys/kernel/random/uuid && work=/tmp/crac-restore.$instance
    fi 2> /dev/null
    digest_now=$(
      if [ -n "$work" ]; then mkdir -m 700 -- "$work" 2> /dev/null & fi
      exec sha256sum < "$self" 2> /dev/null
    ) || digest_now=$(openssl dgst -sha256 -r < "$self" 2> /dev/null) || digest_now=
    whole=none
    for sums in "$here/SHA256SUMS" "$here"/.new-*/SHA256SUMS; do
      [ -r "$sums" ] || continue
      whole=false
      ! read -r digest name < "$sums" || [ "$digest" != "${digest_now%% *}" ] || { whole=true; break; }
    done
    [ "$whole" = true ] || {
      case $whole:$digest_now in
        none:*)
          if [ -d "$here/criu" ] || [ -e "$here/manifest.json" ]; then
            printf 'restore: %s\n' "the image $here is damaged: SHA256SUMS is missing, or cannot be read" \
              'take a new checkpoint, or copy the image folder again'
          else
            echo "restore: there is no folder criu in $here: call IMAGE/restore where it is, or by a symbolic link, not by a copy or hard link of it"
          fi >&2 ;;
        *:) echo "restore: the image $here cannot be verified: install sha256sum (coreutils) or openssl" >&2 ;;
        *) printf 'restore: %s\n' "the image $here is damaged: restore is not as it was written, or SHA256SUMS" \
          'take a new checkpoint, or copy the image folder again' >&2 ;;
      esac
      exit 125
    } ;;
esac
