# What is changed in the image that CRIU has written. A part of the dump script.

# The standard streams of a restored process are its restore's: see streams.awk.
edit_streams() {
  {
    for image in "ids-$pid" pstree files $(cd criu && echo fdinfo-*); do
      echo "image ${image%.img}" && od -A n -v -t u1 "criu/${image%.img}.img" || return
    done
  } > octets
  LC_ALL=C awk -v pid="$pid" -v streams="$streams" -f image.awk -f streams.awk octets > edited || return
  while read -r image octal; do
    # shellcheck disable=SC2059 # octal escapes and nothing else
    printf "$octal" >> "criu/$image.edited" || return
  done < edited
  for image in criu/*.edited; do
    mv "$image" "${image%.edited}.img" || return
  done
  rm -f octets edited
}

# Files under a descriptor policy may change until a restore, but CRIU insists on their sizes and modes. So the tags of
# these fields become ones that CRIU does not know. The restore script compares the sizes in $policy_files instead.
forget_sizes() {
  policy_files=
  [ -n "$policy_list" ] || return 0
  places=$(od -An -v -tu1 criu/files.img | awk -v wanted="$policy_names" -f image.awk -f places.awk) ||
    gives_up 'od and awk could not read the list of open files'
  index=0
  while IFS= read -r line; do
    index=$((index + 1))
    action=${line%% *} line=${line#* }
    number=${line%% *} line=${line#* }
    access=${line%% *} path=${line#* }
    size=$(stat -L -c %s "/proc/$pid/fd/$number") || gives_up "stat could not tell the size of $path"
    spots=
    while read -r which what offset length; do
      [ "$which" = "$index" ] || continue
      if [ "$what" = name ]; then
        spots="$spots${spots:+,}$offset:$length"
      else
        printf '\170' | dd of=criu/files.img bs=1 seek="$offset" conv=notrunc 2> /dev/null ||
          gives_up 'dd could not write the list of open files'
      fi
    done <<LIST
$places
LIST
    policy_files="$policy_files${policy_files:+
}$action $number $access $size ${spots:--} $path"
  done <<LIST
$policy_list
LIST
}
