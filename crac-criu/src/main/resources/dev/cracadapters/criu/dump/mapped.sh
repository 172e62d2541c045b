# What a restored process maps instead of having it read. A part of the dump script.

# Leaves in $older_files the files of older images that the process has mapped, and in $older the names by which CRIU is to list them: as files that are
# somebody else's business, whether or not they are still there. map_memory brings what is in them into the new image.
name_older() {
  older='' older_files=''
  for range in $older_ranges; do
    file=/proc/$pid/map_files/$range
    { true < "$file"; } 2> /dev/null || failed "the memory that the process has mapped from its image at $range cannot be opened, \
for which CRIU needs CAP_CHECKPOINT_RESTORE outside of user namespaces: restore it without user namespaces, or take the next \
image from a process that was started anew"
    exec 3< "$file"
    mount=
    while read -r name value; do
      [ "$name" != mnt_id: ] || mount=$value
    done < /proc/self/fdinfo/3
    inode=$(stat -L -c %i "$file") && [ -n "$mount" ] || failed "stat could not look at $file"
    exec 3<&-
    older_files="$older_files $file"
    older="$older${older:+ }$(printf 'file[%x:%x]' "$mount" "$inode")"
  done
}
# Begins to move memory from CRIU's files to one that is mapped, beside what else is done with them.
map_memory() {
  mapping='' mapped=''
  [ -n "$map_ranges$older" ] || return 0
  (
    unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH
    # Each thread that takes sums has 2 MB of blocks in memory.
    exec "$java_home/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx64m -XX:-UsePerfData \
      -Djava.util.concurrent.ForkJoinPool.common.parallelism=7 \
      -cp classes dev.cracadapters.criu.mapping.MapMemory \
      from=criu to=criu/mapped "pid=$pid" "ranges=$map_ranges" "older=$older" "files=$older_files"
  ) > mapped.out 2> mapped.err < /dev/null 7>&- 8>&- 9>&- &
  mapping=$!
  [ -z "$older" ] || put_mapped # so that what comes next sees all of the process's memory
}
# Puts in their places what that has made.
put_mapped() {
  if [ -n "$mapping" ]; then
    wait "$mapping" || {
      said=$(head -n 1 mapped.err) said=${said#'Exception in thread "main" '}
      gives_up "the image's memory could not be arranged for mapping: ${said#java.io.IOException: }"
    }
    [ ! -e criu/mapped/memory ] || { mapped=memory && mv criu/mapped/memory .; } &&
      mv -f criu/mapped/* criu/ && rmdir criu/mapped || gives_up 'what was arranged for mapping could not be put in its place'
  fi
  mapping=
}
