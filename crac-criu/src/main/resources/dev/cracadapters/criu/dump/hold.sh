# CRIU runs this as its action script when it has written its images, and lets go of the process only when this has ended.
# So the process is held here until the dump script has completed the image: by ptrace, where no signal but KILL reaches a
# process, and no parent sees a stop. Where this fails, CRIU lets the process go on. Commands of the shell alone: its
# environment is CRIU's.
[ "${CRTOOLS_SCRIPT_ACTION-}" = post-dump ] || exit 0
cd "$staging" || exit 1
# Opened so that it blocks nobody: where the dump script and its guard were killed, the end of the file is the answer.
exec 4<> answer 3< answer 4>&-
echo "$$ $PPID" 1<> held
read -r answer <&3
[ "$answer" = whole ]
