
# ==== check, memory: is there enough for the process on this machine, and in the cgroups that this command is in? A cgroup's
# limit would have the process killed half-way.
memory_fits() {
  free=0 swap=0
  while read -r key kilobytes unit; do
    case $key in
      MemAvailable:)
        free=$kilobytes
        [ $((free / 1024)) -lt $((bytes / 1048576)) ] || break
        ;;
      SwapFree:) swap=$kilobytes && break ;;
    esac
  done < /proc/meminfo
  [ $(((free + swap) / 1024)) -ge $((bytes / 1048576)) ] ||
    finding "$(((free + swap) / 1024)) MB of memory are free here: the process needs $((bytes / 1048576)) MB"
  swap=$((swap * 1024))
  while IFS=: read -r number controllers path; do
    case $controllers in
      '') [ ! -e /sys/fs/cgroup/cgroup.controllers ] || cgroups_fit 2 /sys/fs/cgroup "$path" ;;
      memory | memory,* | *,memory | *,memory,*) cgroups_fit 1 /sys/fs/cgroup/memory "$path" ;;
    esac
  done 2> /dev/null < /proc/self/cgroup
}
# The cgroup and all above it: each may have a limit. VERSION ROOT PATH
cgroups_fit() {
  cgroup=$2${3%/}
  # Without a cgroup namespace a container has a path here that its own mount, which begins there, does not show.
  case $3 in */..*) cgroup=$2 ;; esac
  [ -d "$cgroup" ] || cgroup=$2
  while :; do
    if cgroup_room "$1" "$cgroup" && [ "$room" -lt "$bytes" ]; then
      finding "$((room > 0 ? room / 1048576 : 0)) MB of memory are free in the cgroup $cgroup, whose limit is \
$((limit / 1048576)) MB: the process needs $((bytes / 1048576)) MB. Raise the limit, or end what else is in it"
      return
    fi
    [ "$cgroup" != "$2" ] || return 0
    cgroup=${cgroup%/*}
  done
}
# Leaves in $room what may still be used, swap included; fails where there is no limit, or plainly room enough. What the kernel
# keeps of files it gives back.
cgroup_room() {
  case $1 in
    2)
      number_in "$2/memory.max" && limit=$number && number_in "$2/memory.current" || return
      ;;
    1)
      number_in "$2/memory.limit_in_bytes" && limit=$number && number_in "$2/memory.usage_in_bytes" || return
      ;;
  esac
  room=$((limit - number))
  [ "$room" -lt "$bytes" ] || return
  kept=0
  while read -r key number; do
    case $1:$key in
      2:active_file | 2:inactive_file | 2:slab_reclaimable | 1:total_active_file | 1:total_inactive_file) kept=$((kept + number)) ;;
    esac
  done < "$2/memory.stat"
  room=$((room + kept))
  swapped=$swap
  case $1 in
    2)
      if number_in "$2/memory.swap.max"; then
        allowed=$number
        number_in "$2/memory.swap.current" || number=0
        [ $((allowed - number)) -ge "$swapped" ] || swapped=$((allowed - number))
      fi
      ;;
    1) # this limit is on memory and swap together
      if number_in "$2/memory.memsw.limit_in_bytes"; then
        allowed=$number
        number_in "$2/memory.memsw.usage_in_bytes" || number=0
        [ $((allowed - number + kept - room)) -ge "$swapped" ] || swapped=$((allowed - number + kept - room))
      fi
      ;;
  esac
  [ "$swapped" -le 0 ] || room=$((room + swapped))
}
# Leaves in $number what a file says, unless that is "max".
number_in() {
  number=
  { read -r number < "$1"; } 2> /dev/null
  case $number in '' | *[!0-9]*) return 1 ;; esac
}
