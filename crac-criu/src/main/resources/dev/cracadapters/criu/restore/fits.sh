
# ==== Does the image fit this machine? Every finding is told, and nothing is started when there is one.
findings=
finding() {
  findings="$findings
restore:   - $1"
}
fits() {
  if [ ! -f "$java_home/release" ]; then
    finding "the JDK is not at $java_home: install $jdk there"
  else
    now="$(cksum < "$java_home/release") $(wc -c < "$libjvm" 2> /dev/null)"
    if [ "$now" != "$jdk_mark" ]; then
      version=$(sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"$/\1/p; s/^JAVA_VERSION="\(.*\)"$/\1/p' "$java_home/release" |
        head -n 1)
      finding "the JDK at $java_home is another one (${version:-unknown}): this image needs $jdk, the very same build"
    fi
  fi
  arch=$(uname -m)
  [ "$arch" = "$machine" ] || finding "this machine is $arch: the image needs $machine"
  flags=$(sed -n '/^\(flags\|Features\)[[:space:]]*:/{s/.*: //p;q;}' /proc/cpuinfo)
  if [ "$flags" != "$cpu" ]; then
    missing=
    for flag in $cpu; do
      case " $flags " in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
    done
    [ -z "$missing" ] || finding "this CPU lacks$missing: restore on a CPU that has what the image's had"
  fi
  for criu in ${CRAC_CRIU:+"$CRAC_CRIU"} "$criu_then" criu; do
    criu=$(command -v -- "$criu") && return
  done
  criu=
  finding "criu is not found (CRAC_CRIU, $criu_then, PATH): install CRIU 4.0 or newer, or name one in CRAC_CRIU"
}
whole() {
  found=$(cd "$here/criu" 2> /dev/null && cksum -- * 2> /dev/null)
  [ "$found" = "$checksums" ]
}
damage() {
  while read -r sum size name; do
    if [ ! -f "$here/criu/$name" ]; then
      printf '%s is missing' "$name"
    elif [ "$(cksum < "$here/criu/$name")" != "$sum $size" ]; then
      printf '%s is not as it was written' "$name"
    else
      continue
    fi
    return
  done <<LIST
$checksums
LIST
  printf 'a file was added to %s' "$here/criu"
}
damaged() {
  fail "the image $here is damaged: $(damage)" 'take a new checkpoint, or copy the image folder again'
}

if [ "$inside" = false ]; then
  fits
  [ -z "$policy_files" ] || look_at_policy_files
  if [ "$clone" = false ] && [ "$check" = false ] && [ -e "/proc/$pid" ]; then
    finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
  fi
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  if [ "$check" = true ]; then
    whole || damaged
    exit 0
  fi
fi

