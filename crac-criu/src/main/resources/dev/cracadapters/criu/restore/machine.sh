
# ==== check, the machine: JDK, CPU, kernel and CRIU; for memory see memory.sh.
machine_fits() {
  jdk_fits=true
  locate "$java_home"
  jdk_at=$at
  if [ ! -f "$jdk_at/release" ]; then
    jdk_fits=false
    finding "the JDK is not at $jdk_at: install $jdk there"
  else
    same_release || other_jdk
  fi
  arch=
  { read -r arch < /proc/sys/kernel/arch; } 2> /dev/null || arch=$(uname -m) # the file is there from Linux 6.1 on
  [ "$arch" = "$machine" ] || finding "this machine is $arch: the image needs $machine"
  cpu_fits
  kernel_fits
  # Or what CRIU has taken by now would be missing. In a trial it is no finding: see look_at_trial.
  [ "$early$trial" != falsefalse ] || memory_fits
  find_criu
}
# The JDK's release file is as it was, line by line.
same_release() {
  text=
  while IFS= read -r line || [ -n "$line" ]; do
    text=$text$line$nl
  done 2> /dev/null < "$jdk_at/release"
  [ "$text" = "$jdk_release" ]
}
other_jdk() {
  jdk_fits=false
  version=$(
    for key in JAVA_RUNTIME_VERSION JAVA_VERSION; do
      sed -n "s/^$key=\"*\([^\"]*\).*/\1/p" "$jdk_at/release" 2> /dev/null
    done
  )
  version=${version%%"$nl"*}
  finding "the JDK at $jdk_at is another one (${version:-unknown}): this image needs $jdk, the very same build"
}
# Its size tells builds of one version apart.
libjvm_fits() {
  [ "$jdk_fits" = true ] || return 0
  locate "$libjvm"
  [ "$(stat -L -c %s -- "$at" 2> /dev/null)" = "$libjvm_bytes" ] || other_jdk
}
# The image needs what user code can use of the first CPU, or what its level has.
cpu_fits() {
  [ "$ignore_cpu" = false ] || return 0
  flags=
  while IFS= read -r line; do
    case $line in
      'flags'*': '* | 'Features'*': '*) flags=${line#*: } && break ;;
    esac
  done < /proc/cpuinfo
  lacking=
  for flag in $cpu; do
    case " $flags " in *" $flag "*) ;; *) lacking="$lacking $flag" ;; esac
  done
  [ -z "$lacking" ] || finding "this CPU lacks$lacking: restore on a CPU that has what the image's had, start the JVM by \
crac-criu run --cpu, or try --ignore-cpu"
  # By XSAVE the C library saves all registers that there are, in an area that it made for those of the first CPU; by XSAVEC
  # only those in use. A JVM that is kept to a level uses neither.
  case "$cpu_level/ $cpu / $flags " in
    /*' xsavec '*/* | /*' avx512f '*/*) ;;
    /*' xsave '*/*' avx512f '*)
      finding "this CPU has more registers than the first one (AVX-512), which the C library would write beyond its area for them: \
restore on a CPU without, start the JVM by crac-criu run --cpu, or try --ignore-cpu" ;;
  esac
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
# The process may use, and CRIU may have to restore, what the kernel of the checkpoint had.
kernel_fits() {
  [ "$older_kernel" = false ] && read -r now < /proc/sys/kernel/osrelease || return 0
  minor=${now#*.}
  now=${now%%.*}.${minor%%[!0-9]*}
  ! older "$now" "$kernel" ||
    finding "this kernel is $now: the image was made on $kernel. Restore on such or a newer one, or with --older-kernel"
}
find_criu() {
  criu_seen=false
  if [ -n "${CRAC_CRIU-}" ] && ! command -v -- "$CRAC_CRIU" > /dev/null; then
    criu=
    finding "CRAC_CRIU names $CRAC_CRIU, which is not here: name a criu that is, or unset it"
    return
  fi
  for criu in ${CRAC_CRIU:+"$CRAC_CRIU"} "$criu_then" criu; do
    command -v -- "$criu" > /dev/null && return
  done
  criu=
  finding "criu is not found (CRAC_CRIU, $criu_then, PATH): install CRIU 4.0 or newer, or name one in CRAC_CRIU"
}
# The one that the image names may lie where everybody may write, and somebody may have made it for this restore to run.
criu_is_ours() {
  [ "$criu" = "$criu_then" ] && [ -z "${CRAC_CRIU-}" ] && lies_open "$criu" && [ "$criu_seen" = false ] || return 0
  criu_seen=true
  only_ours "$criu" || {
    finding "$criu could be another user's: $cause. Name a criu in CRAC_CRIU, or remove what is there"
    criu=
    return 1
  }
}
# CRIU reads images of older versions, and not always those of newer ones.
criu_fits() {
  [ -n "$criu" ] && criu_is_ours || return 0
  # A criu that does not print its version is left to fail by itself.
  version=$(timeout -s KILL "$limit_seconds" "$criu" --version 2> /dev/null)
  version=${version#*Version: }
  version=${version%%"$nl"*}
  ! older "$version" "$criu_version" ||
    finding "$criu is CRIU $version: the image was made by $criu_version. Install that one, or a newer one"
}
