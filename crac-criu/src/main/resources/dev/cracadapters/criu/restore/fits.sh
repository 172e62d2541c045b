
# ==== Does the image fit this machine? Every finding is told, and nothing is started when there is one.
findings=
finding() {
  findings="$findings
restore:   - $1"
}
# Of the JDK's release file: its text, and the version in it.
release() {
  text=
  version=
  while IFS= read -r line || [ -n "$line" ]; do
    text="$text$line
"
    case $line in
      JAVA_RUNTIME_VERSION=*) version=${line#*=} ;;
      JAVA_VERSION=*) version=${version:-"${line#*=}"} ;;
    esac
  done 2> /dev/null < "$java_home/release"
  version=${version#\"}
  version=${version%\"}
}
# As $sizes has them: one process for all.
sizes_now() {
  IFS='
'
  set -f
  set --
  for line in $sizes; do
    set -- "$@" "${line#* }"
  done
  exec stat -L -c '%s %n' -- "$@" 2> /dev/null
}
cpu_flags() {
  flags=
  while IFS= read -r line; do
    case $line in
      'flags'*': '* | 'Features'*': '*) flags=${line#*: } && return ;;
    esac
  done < /proc/cpuinfo
}
fits() {
  if [ ! -f "$java_home/release" ]; then
    finding "the JDK is not at $java_home: install $jdk there"
  else
    release
    if [ "$text" != "$jdk_release" ] || [ "$(sizes_now)" != "$sizes" ]; then
      finding "the JDK at $java_home is another one (${version:-unknown}): this image needs $jdk, the very same build"
    fi
  fi
  arch=
  { read -r arch < /proc/sys/kernel/arch; } 2> /dev/null || arch=$(uname -m) # the file is there from Linux 6.1 on
  [ "$arch" = "$machine" ] || finding "this machine is $arch: the image needs $machine"
  cpu_flags
  if [ "$flags" != "$cpu" ]; then
    missing=
    for flag in $cpu; do
      case " $flags " in *" $flag "*) ;; *) missing="$missing $flag" ;; esac
    done
    [ -z "$missing" ] || finding "this CPU lacks$missing: restore on a CPU that has what the image's had"
  fi
  for criu in ${CRAC_CRIU:+"$CRAC_CRIU"} "$criu_then" criu; do
    command -v -- "$criu" > /dev/null && return
  done
  criu=
  finding "criu is not found (CRAC_CRIU, $criu_then, PATH): install CRIU 4.0 or newer, or name one in CRAC_CRIU"
}
whole() {
  found=$(cd "$here/criu" 2> /dev/null && exec cksum -- * 2> /dev/null)
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
  if [ "$clone" = false ] && [ "$check" = false ] && [ -e "/proc/$pid" ]; then
    finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
  fi
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  if [ "$check" = true ]; then
    whole || damaged
    exit 0
  fi
fi

