
# ==== mapped: the memory that the process maps from the image.
# After a reboot it is on the disk alone, from where page after page comes slowly: so it is read beside all else where its
# first 4 MB take 3 ms and more. Its end has what is used first: the JVM's own, behind the heap.
read_ahead() {
  [ -n "$mapped" ] || return 0
  (
    exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- < /dev/null > /dev/null
    said=$(LC_ALL=C exec dd "if=$here/$mapped" bs=4194304 count=1 2>&1 > /dev/null) || exit
    case ${said##*copied, } in 0.00[0-2]* | *e-*) exit ;; esac
    exec tail -c 268435456 "$here/$mapped" 2> /dev/null
  ) &
}
# It is looked at when the process has been back in service for a moment, for to read all of it is what mapping avoids, and by
# the processor time that nobody else wants: where it is not as it was written, the process ends. Once an image is signed, and
# by --verify=full, nothing runs before all of it has been looked at.
verify_mapped() {
  [ -n "$mapped" ] && [ "$signed$verify_all" = falsefalse ] || return 0
  (
    pause=
    trap - EXIT HUP INT QUIT USR1 USR2
    trap 'kill $pause 2> /dev/null; exit' TERM
    exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- < /dev/null > /dev/null
    # Its name may be another image's by then.
    [ ! -r "$here/$mapped" ] || exec 8< "$here/$mapped"
    sleep 2 &
    pause=$!
    wait "$pause"
    trap - TERM
    lowest='nice -n 19'
    command -v nice || lowest=
    # The very file, also where another image has taken its place; of those of that name one must be it.
    own=$(stat -L -c %i -- /proc/self/fd/8 2> /dev/null) || own=none
    areas=$(grep -e "/$mapped\( (deleted)\)\{0,1\}$" -e " $own  */" "/proc/$pid/maps") || exit 0
    seen='' bad=
    while read -r area mode offset device inode path; do
      case $seen in *" $device:$inode "*) continue ;; esac
      seen="$seen $device:$inode "
      file=/proc/$pid/map_files/$area
      { true < "$file"; } 2> /dev/null || {
        file=/proc/self/fd/8
        [ "$own" = "$inode" ] || continue
      }
      # 1 is a page that cannot be read. One that was killed, or could not start, has shown nothing.
      sum=$($lowest cksum 2> /dev/null < "$file") || [ $? -eq 1 ] || exit
      [ "$sum $mapped" != "${large_sums##*"$nl"}" ] || exit 0
      bad=$file
    done <<LIST
$areas
LIST
    lives "$pid" || exit
    [ -n "$bad" ] || {
      echo "restore: $here/$mapped is not the one any more that the process maps: it was not verified" >&2
      exit
    }
    trap '' HUP TERM # or it would stay stopped
    kill -s STOP "$pid" # it goes no further while it is found out what to say
    echo "restore: the image $here is damaged: $mapped is not as it was written$(damaged_block "$bad"): the process, which maps it, \
was ended: take a new checkpoint, or copy the image folder again" >&2
    kill -s KILL "$pid"
  ) &
  verifier=$!
}
# Where a page of it was lost a JVM ends by SIGBUS, and often cannot say so: it needs memory for that, too.
look_at_end() {
  case $mapped:$code in ?*:134 | ?*:135) ;; *) return 0 ;; esac
  [ "$(cksum 2> /dev/null < "$here/$mapped") $mapped" != "${large_sums##*"$nl"}" ] || return 0
  where=$(damaged_block "$here/$mapped")
  [ -z "$where" ] || echo "restore: the process ended with the status $code, and $here/$mapped, which it mapped, is not as it was \
written$where: see who writes to it and what the disk says, and restore the process from a copy of the image" >&2
}
# Prints which is the first one, by the sums of all of them that the checkpoint has taken; nothing where these are another image's.
damaged_block() {
  list=criu/memory.sums
  listed=$(cd "$here" && sha256 "$list" 2> /dev/null) || return 0
  case $nl$others$nl in *"$nl$listed$nl"*) ;; *) return 0 ;; esac
  command -v dd > /dev/null || return 0
  block=0
  while read -r sum; do
    found=$(dd "if=$1" bs=1048576 "skip=$block" count=1 2> /dev/null | cksum)
    [ "${found%% *}" = "$sum" ] || {
      printf ' at the offset %s (block %s of 1 MB)' "$((block * 1048576))" "$block"
      dd "if=$1" bs=1048576 "skip=$block" count=1 > /dev/null 2>&1 || printf ', where it cannot be read'
      return
    }
    block=$((block + 1))
  done < "$here/$list"
}
