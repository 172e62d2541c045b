
# ==== parse: the command line.
usage() {
  cat <<'TEXT'
Usage: IMAGE/restore [--clone [--net]] [--map OLD=NEW]... [--older-kernel] [--ignore-cpu] [--identity FILE] [--check | --fits]
                     [--verify=full] [-e NAME=VALUE]... [-Dkey=value]... [--keep-env [--env-from-caller PATTERN]...]
                     [-- ARGUMENT... | --else COMMAND...]

Restores the process of this image, as often as you like. The process becomes a child of this command: its exit status
and its output are this command's, and TERM, INT, HUP, USR1, USR2 and QUIT are passed on to it.

  --clone   give the process PID and mount namespaces of its own, so that several can run on one machine; and of the
            files, what has its PID for a name, and what it deletes itself at its end
  --net     with --clone: a network namespace of its own as well, in which only the loopback interface is up
  --map OLD=NEW
            the process finds at the path OLD what is here at NEW, a folder or a file; may be repeated, and the last
            one that names a path decides. It is in a mount namespace of its own then, which needs root's rights
  --older-kernel
            restore although this kernel is older than the one of the checkpoint
  --ignore-cpu
            restore although this CPU lacks instructions that the checkpoint's had: the process is killed by SIGILL, or
            fails in some other way, once it uses one
  --identity FILE
            what decrypts an encrypted image: age's identity file, or the file with openssl's passphrase
  --check   only check whether the image is whole and fits this machine, and start nothing
  --fits    the same without reading the pages of memory, which takes as long as an image is large
  --verify=full
            look at all of the image before the process goes on. Otherwise what is mapped from it (crac.criu.map) is looked
            at when it has been back in service for 2 s, and the process ends where that is damaged
  --help    show this

The process gets the environment variables that this command has, in place of those of the checkpoint.

  -e NAME=VALUE               give it this variable as well, or with this value; of two of one name the last counts
  -e NAME                     the same with the value that this command has
  --keep-env                  let it keep the checkpoint's variables; only what is given by -e and by the next is new
  --env-from-caller PATTERN   with --keep-env: this command's variables of such names (* any characters, ? any one)
  -Dkey=value                 set a system property, before anything in the process comes back; -Dkey: an empty one

  --else COMMAND...           what to start, cold, where the image cannot be restored; one line says why. It is the last option

What stands after -- is found in the process as RestoreInfo.arguments(). CRAC_CRIU names the criu command to use.
Exit status: the process's own, 128 + N when signal N ended it, 125 when it could not be restored, 2 for wrong usage.
TEXT
}
wrong() {
  printf 'restore: %s; see restore --help\n' "$1" >&2
  exit 2
}
# Leaves in $temporary a folder for what a restore needs.
find_temporary() {
  temporary=$safe
  [ -z "$encrypted_by" ] || { find_memory && temporary=$memory; } ||
    fail 'no tmpfs takes the decrypted image: mount one on /dev/shm, or name one in TMPDIR'
}
# Leaves in $safe a folder for temporary files where nobody can exchange what this restore makes.
look_at_temporary() {
  choose_temporary
  [ -d "$safe" ] || fail "the folder for temporary files $safe is not here: name a writable one in TMPDIR, with room"
  is_safe_folder "$safe" ||
    fail "the folder for temporary files $safe is not safe: $cause, and what is made there could be exchanged" "$remedy, in TMPDIR"
  [ -z "$warning" ] || printf 'restore: the folder for temporary files %s: %s, which is trusted in this pod\n' "$safe" "$warning" >&2
  safe=$real
}
fail() {
  unset IFS # from the middle of a list, too
  set +f
  [ "$running" = false ] || abandon 500
  [ -z "$else_command" ] || start_cold "$@"
  printf 'restore: %s\n' "$@" >&2
  [ "$bad" = false ] || exit 3 # of a trial
  exit 125
}
# In place of the process, nothing of which has run.
start_cold() {
  why=
  for one in "$@"; do why=$why${why:+; }$one; done
  while [ "$why" != "${why#*"$nl"}" ]; do
    rest=${why#*"$nl"}
    why="${why%%"$nl"*} ${rest#restore:   }"
  done
  printf 'restore: starting cold: %s\n' "$why" >&2
  trap - EXIT HUP INT QUIT USR1 USR2 TERM
  [ -z "$work" ] || clean_up
  umask "$callers_umask"
  if [ "$had_lc_all" = true ]; then LC_ALL=$callers_lc_all; else unset LC_ALL; fi
  exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
  eval "exec $else_command"
}
# Leaves in $quoted words as the shell would read them again.
quote() {
  quoted=
  for word in "$@"; do
    escape "$word"
    quoted="$quoted '$escaped'"
  done
}

parse() {
  clone=false net=false check=false fits=false verify_all=false identity='' inside=false older_kernel=false ignore_cpu=false
  keep_env=false picks=false else_command='' trial=false bad=false
  again=0 maps=''
  while [ $# -gt 0 ]; do
    case $1 in
      --clone) clone=true ;;
      --net) net=true ;;
      --check) check=true ;;
      --fits) fits=true ;;
      --verify=full) verify_all=true ;;
      --verify | --verify=*) wrong "$1: there is --verify=full alone" ;;
      --older-kernel) older_kernel=true ;;
      --ignore-cpu) ignore_cpu=true ;;
      --map) map "${2-}"; shift ;;
      --identity)
        [ -f "${2-}" ] && [ -r "$2" ] || wrong "--identity needs a file that can be read"
        identity=$2
        shift
        ;;
      --trial) clone=true trial=true ;; # of the dump script: see trial.sh
      --inside) inside=true criu=$2 own=$3; shift 2 ;; # of the namespaces: this script calls itself
      --again) # once more, with the signals that have come: the newest is the first
        [ "$again" -gt 0 ] || pending="$2$pending"
        again=$((again + 1))
        shift
        ;;
      -e)
        [ $# -ge 2 ] || wrong '-e needs NAME=VALUE or NAME'
        variable "$2"
        shift
        ;;
      --keep-env) keep_env=true ;;
      --env-from-caller)
        [ -n "${2-}" ] || wrong '--env-from-caller needs a pattern of names, in quotes: --env-from-caller '"'SPRING_*'"
        picks=true
        shift
        ;;
      -D | -D=*) wrong "$1: a system property needs a name: -Dkey=value" ;;
      -D*) ;;
      --help | -h) usage; exit 0 ;;
      --else)
        shift
        [ $# -gt 0 ] || wrong '--else needs a command'
        quote "$@"
        [ "$inside" = true ] || else_command=$quoted # outside of the namespaces
        callers_umask=$(umask)
        break
        ;;
      --) break ;;
      -X*) wrong "$1 is an option of the JVM, which reads it at its start alone: give it to java, before the checkpoint" ;;
      *) wrong "$1 is no option; an argument for the process comes after --" ;;
    esac
    shift
  done
  [ "$check$fits" = falsefalse ] || else_command= # which is not what was asked
  [ "$net" = false ] || [ "$clone" = true ] || wrong '--net goes with --clone'
  [ "$picks" = false ] || [ "$keep_env" = true ] ||
    wrong '--env-from-caller goes with --keep-env: without it the process gets all variables of this command'
}
# Both paths are compared as texts: without what shells and people add to them.
map() {
  old=${1%%=*}
  while [ "$old" != "${old%/}" ]; do old=${old%/}; done
  case $1 in /*=?*) ;; *) old= ;; esac
  case $old in '' | *//* | */./* | */../* | */. | */..)
    wrong "--map $1: it takes OLD=NEW, where OLD is the absolute path of a folder or file, and not /" ;;
  esac
  new=${1#*=}
  if [ -d "$new" ]; then
    new=$(CDPATH='' cd -- "$new" && pwd -P) || exit 125
  elif [ -f "$new" ]; then
    folder=$(CDPATH='' cd -- "$(dirname -- "$new")" && pwd -P) || exit 125
    new=${folder%/}/${new##*/}
  else
    fail "--map $1: there is no folder or file $new"
  fi
  maps=$maps${maps:+$nl}$old=$new
}
variable() {
  case $1 in
    '' | =*) wrong "-e '$1': a variable needs a name: -e NAME=VALUE" ;;
    *=*) ;;
    *)
      [ "$inside" = true ] || [ "$again" -gt 0 ] || is_set "$1" ||
        wrong "-e $1: this command has no such variable: -e $1=VALUE gives one"
      ;;
  esac
}
# Asks the kernel: a shell does not show variables whose names are no identifiers (spring.config.name), and adds its own.
is_set() {
  tr '\n\000' '\001\n' < "/proc/$$/environ" | (
    while IFS= read -r one; do
      case $one in "$1="*) exit 0 ;; esac
    done
    exit 1
  )
}
# As printf, for the mail to the process; the disk may be full.
put() {
  # shellcheck disable=SC2059 # the caller's format
  printf "$@" || written=false
}
# What the command line says to the process, as words of the mail to it.
mail() {
  while [ $# -gt 0 ]; do
    case $1 in
      --inside) shift 2 ;;
      --map | --again | --identity) shift ;;
      --else) return ;;
      -e) put 'variable=%s\0' "$2"; shift ;;
      --keep-env) put 'keep-environment=\0' ;;
      --env-from-caller) put 'take=%s\0' "$2"; shift ;;
      -D*) put 'property=%s\0' "${1#-D}" ;;
      --)
        shift
        [ $# -eq 0 ] || put 'argument=%s\0' "$@"
        return
        ;;
    esac
    shift
  done
}
