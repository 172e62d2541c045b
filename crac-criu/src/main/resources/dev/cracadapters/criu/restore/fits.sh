
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
  done 2> /dev/null < "$jdk_at/release"
  version=${version#\"}
  version=${version%\"}
}
other_jdk() {
  jdk_fits=false
  finding "the JDK at $jdk_at is another one (${version:-unknown}): this image needs $jdk, the very same build"
}
# Builds of one version are told apart by this.
libjvm_fits() {
  [ "$jdk_fits" = true ] || return 0
  there "$libjvm"
  [ "$(stat -L -c %s -- "$at" 2> /dev/null)" = "$libjvm_bytes" ] || other_jdk
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
  jdk_fits=true
  there "$java_home"
  jdk_at=$at
  if [ ! -f "$jdk_at/release" ]; then
    jdk_fits=false
    finding "the JDK is not at $jdk_at: install $jdk there"
  else
    release
    [ "$text" = "$jdk_release" ] || other_jdk
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
  kernel_fits
  memory_fits
  criu_found
  maps_fit
  if ! unchanged; then
    libjvm_fits
    criu_fits
    files_fit
  fi
  places_fit
}
# Whether the first of two versions such as 6.18 or 4.1.1 is older than the second.
older() {
  left=$1.
  right=$2.
  while [ -n "$left" ] && [ -n "$right" ]; do
    one=${left%%.*}
    two=${right%%.*}
    left=${left#*.}
    right=${right#*.}
    case $one$two in '' | *[!0-9]*) return 1 ;; esac
    [ "$one" -eq "$two" ] || { [ "$one" -lt "$two" ]; return; }
  done
  [ -n "$right" ]
}
# The process may use, and CRIU may have to bring back, what the kernel of the checkpoint had.
kernel_fits() {
  [ "$older_kernel" = false ] && read -r now < /proc/sys/kernel/osrelease || return 0
  minor=${now#*.}
  now=${now%%.*}.${minor%%[!0-9]*}
  ! older "$now" "$kernel" ||
    finding "this kernel is $now: the image was made on $kernel. Restore on such or a newer one, or with --older-kernel"
}
memory_fits() {
  free=0
  while read -r key kilobytes unit; do
    case $key in MemAvailable: | SwapFree:) free=$((free + kilobytes / 1024)) ;; esac
  done < /proc/meminfo
  [ "$free" -ge $((bytes / 1048576)) ] ||
    finding "$free MB of memory are free here: the process needs $((bytes / 1048576)) MB"
}
criu_found() {
  for criu in ${CRAC_CRIU:+"$CRAC_CRIU"} "$criu_then" criu; do
    command -v -- "$criu" > /dev/null && return
  done
  criu=
  finding "criu is not found (CRAC_CRIU, $criu_then, PATH): install CRIU 4.0 or newer, or name one in CRAC_CRIU"
}
# CRIU reads images of older versions, and need not read those of newer ones.
criu_fits() {
  [ -n "$criu" ] || return 0
  # One that does not say its version is left to fail in its own words.
  version=$(timeout -s KILL "$limit_seconds" "$criu" --version 2> /dev/null)
  version=${version#*Version: }
  version=${version%%"$nl"*}
  ! older "$version" "$criu_version" ||
    finding "$criu is CRIU $version: the image was made by $criu_version. Install that one, or a newer one"
}
# What is not CRIU's, and looked at when it is used or, as here, when somebody asks.
perfdata_fits() {
  [ -z "$perfdata_sum" ] || [ "$(cksum 2> /dev/null < "$here/perfdata")" = "$perfdata_sum" ] ||
    finding 'it is damaged: perfdata is not as it was written'
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
  may
  [ -z "$policy_files" ] || look_at_policy_files
  if [ "$clone" = false ] && [ "$check" = false ] && [ -e "/proc/$pid" ]; then
    finding "PID $pid, which the process had, is taken here: end that process, or use --clone"
  fi
  if [ "$check" = true ]; then
    perfdata_fits
    if ! whole; then
      [ -n "$findings" ] || damaged
      finding "it is damaged: $(damage)"
    fi
  fi
  [ -z "$findings" ] || fail "the image $here cannot be restored here:$findings"
  [ "$check" = false ] || exit 0
  temporary_files
  mount_points
fi

