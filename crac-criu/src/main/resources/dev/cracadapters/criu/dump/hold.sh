# CRIU runs this as its action script when it has written its images, and lets go of the process only when this has ended.
# So the process is held here until the dump script has completed the image: by ptrace, where no signal but KILL reaches a
# process, and no parent sees a stop. Where this fails, CRIU lets the process go on. Commands of the shell alone: its
# environment is CRIU's.
[ "${CRTOOLS_SCRIPT_ACTION-}" = post-dump ] || exit 0
cd "$staging" || exit 1
# A FIFO that nobody reads cannot be opened: the dump script or its guard must live.
waiting=${CRAC_DUMP_SCRIPTS-$$}
for one in $waiting; do
  ! kill -0 "$one" 2> /dev/null || waiting=
done
[ -z "$waiting" ] || exit 1
echo "$$ $PPID" > held
read -r answer < answer
[ "$answer" = whole ]
