
# ==== mapped: the memory that the process maps from the image.
# It is looked at when the process is back in service, for to read all of it is what mapping avoids: where it is not as it was
# written, the process ends. Once an image is signed, and by --verify=full, nothing runs before all of it has been looked at.
verify_mapped() {
  [ -n "$mapped" ] && [ "$signed$verify_all" = falsefalse ] || return 0
  (
    trap - EXIT HUP INT QUIT USR1 USR2 TERM
    exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- < /dev/null > /dev/null
    # The very file, also where another image has taken its place; of those of that name one must be it.
    areas=$(grep "/$mapped\( (deleted)\)\{0,1\}$" "/proc/$pid/maps") || exit 0
    seen='' bad=false
    while read -r area mode offset device inode path; do
      case $seen in *" $device:$inode "*) continue ;; esac
      seen="$seen $device:$inode "
      file=/proc/$pid/map_files/$area
      { true < "$file"; } 2> /dev/null || {
        file=$here/$mapped
        [ "$(stat -c %i -- "$file" 2> /dev/null)" = "$inode" ] || continue
      }
      sum=$(cksum < "$file") || exit
      [ "$sum $mapped" != "${large_sums##*"$nl"}" ] || exit 0
      bad=true
    done <<LIST
$areas
LIST
    lives "$pid" || exit
    [ "$bad" = true ] || {
      echo "restore: $here/$mapped is not the one any more that the process maps: it was not verified" >&2
      exit
    }
    echo "restore: the image $here is damaged: $mapped is not as it was written: the process, which maps it, was ended: \
take a new checkpoint, or copy the image folder again" >&2
    kill -s KILL "$pid"
  ) &
  verifier=$!
}
