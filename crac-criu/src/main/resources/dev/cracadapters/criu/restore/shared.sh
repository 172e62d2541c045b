
# ==== Shared with the dump script.
nl='
'
# An empty file at a name where there is nothing. Whatever somebody puts there meanwhile is not opened: a FIFO would last for
# ever. For another shell, too.
# shellcheck disable=SC2016
make_empty='make_empty() {
  new=$(mktemp "$1.XXXXXX" 2> /dev/null) && { [ -z "${2-}" ] || chown -h "$2" "$new"; } && ln -T -- "$new" "$1" 2> /dev/null
  [ -z "$new" ] || rm -f "$new"
}'
eval "$make_empty"
# Leaves in $escaped a text as it stands between single quotes, whatever is in it.
escape() {
  escaped='' rest=$1
  while [ "$rest" != "${rest#*\'}" ]; do
    escaped=$escaped${rest%%\'*}"'\\''"
    rest=${rest#*\'}
  done
  escaped=$escaped$rest
}
# CRIU, and others that look for options after their first word, find none there where this is set.
unset POSIXLY_CORRECT
# What /proc says of a process: $letter, its state; $ppid, its parent; $born, in ticks since the machine's start; $status,
# its exit status as wait(2) gives it, shown to the owner of a process that nobody has reaped.
look_at() {
  line='' status=''
  IFS= read -r line 2> /dev/null < "/proc/$1/stat" || return 1
  status=${line##* }
  # shellcheck disable=SC2086 # a list: the fields after the command's name
  set -- ${line##*) }
  letter=$1 ppid=$2 born=${20}
}
lives() {
  look_at "$1" || return 1 # a bare return, in a trap, gives the status from before it
  case $letter in [ZX]) return 1 ;; esac
}

# ---- The SHA-256 of files, as sha256sum prints it. A command in $bounded ends it after a time.
bounded=
# shellcheck disable=SC2086 # words of a command, or none
sha256() {
  if command -v sha256sum > /dev/null; then
    $bounded sha256sum -- "$@"
  else
    sha256_of_large "$@"
  fi
}
# openssl uses the instructions that a CPU has for it, and not every sha256sum does; it is slower to start.
# shellcheck disable=SC2086
sha256_of_large() {
  if command -v openssl > /dev/null; then
    said=$($bounded openssl dgst -sha256 -r "$@") || return
    while read -r digest name; do
      printf '%s  %s\n' "$digest" "${name#\*}"
    done <<LIST
$said
LIST
  else
    $bounded sha256sum -- "$@"
  fi
}
# Of all of an image in the current folder but the restore script and its $large files; and of the files that are named, before.
digests_but_large() {
  for one in criu/* copies/* perfdata manifest.json; do
    case $one in
      criu/pages-*.img) ;; # encrypted there are none
      *) [ ! -e "$one" ] || set -- "$@" "$one" ;;
    esac
  done
  sha256 "$@"
}

# ---- An image's way from its staging folder, $1, into the folder around it. May be interrupted, and begun again.
image_parts='criu memory copies perfdata encrypted manifest.json SHA256SUMS SHA256SUMS.sig'
move_in_place() {
  [ -d "$1/older" ] || mkdir "$1/older"
  for part in $image_parts dump.log; do
    [ -e "$1/$part" ] || continue
    [ ! -e "$1/../$part" ] || mv "$1/../$part" "$1/older/"
    mv "$1/$part" "$1/.."
  done
  # What only the older one had.
  for part in $lacking; do
    [ ! -e "$1/../$part" ] || mv "$1/../$part" "$1/older/"
  done
} 2> /dev/null
is_in_place() {
  for part in $image_parts; do
    [ ! -e "$1/$part" ] || return
  done
}
