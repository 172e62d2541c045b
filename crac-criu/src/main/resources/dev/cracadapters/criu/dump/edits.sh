# What is changed in the image that CRIU has written. A part of the dump script.

# The standard streams of a restored process are its restore's: see streams.awk.
edit_streams() {
  set -- "criu/ids-$pid.img" criu/pstree.img criu/files.img criu/fdinfo-*.img
  od -A n -v -t u1 "$@" |
    LC_ALL=C awk -v pid="$pid" -v streams="$streams" -v images="$*" -f image.awk -f streams.awk > edited || return
  begun=
  while read -r file octal; do
    [ "$file" = "$begun" ] || : > "$file" || return
    begun=$file
    # shellcheck disable=SC2059 # octal escapes and nothing else
    printf "$octal" >> "$file" || return
  done < edited
}

# Files under a descriptor policy may change until a restore, but CRIU insists on their sizes and modes. So the tags of
# these fields become ones that CRIU does not know. The restore script compares the sizes in $policy_files instead.
# Leaves in $attach_spot where the name of the attach socket is, which each clone gives another.
forget_sizes() {
  : > policy.files
  attach_spot=
  places=$(od -An -v -tu1 criu/files.img | awk -v wanted="$policy_names" -f image.awk -f places.awk) ||
    gives_up 'od and awk could not read the list of open files'
  while read -r what offset length; do
    [ "$what" != socket ] || attach_spot=$offset:$length
  done <<LIST
$places
LIST
  [ -n "$policy_list" ] || return 0
  index=0
  while IFS= read -r line; do
    index=$((index + 1))
    action=${line%% *} line=${line#* }
    number=${line%% *} line=${line#* }
    access=${line%% *} path=${line#* }
    open=/proc/$pid/fd/$number
    if [ "$action" = cache ]; then
      open=criu/cache-$number.img
      cp -- "$path" "$open" || gives_up "cp could not copy $path into the image folder"
    fi
    size=$(stat -L -c %s "$open") || gives_up "stat could not tell the size of $path"
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
    printf '%s\n' "$action $number $access $size ${spots:--} $path" >> policy.files ||
      gives_up 'the list of the files under a policy could not be written'
  done <<LIST
$policy_list
LIST
}
