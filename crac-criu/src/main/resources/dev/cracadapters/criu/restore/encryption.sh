
# ==== Encryption at rest: of CRIU's images, the copied files and the counters, as one archive. Shared with the dump script.
# Theirs are the ciphers; what is in clear is in memory alone, on a tmpfs.
encrypt() { # BY FILE
  case $1 in
    age) age --encrypt --recipients-file "$2" ;;
    openssl) openssl enc -aes-256-ctr -pbkdf2 -salt -pass "file:$2" ;;
  esac
}
decrypt() { # BY FILE
  case $1 in
    age) age --decrypt --identity "$2" ;;
    openssl) openssl enc -d -aes-256-ctr -pbkdf2 -pass "file:$2" ;;
  esac
}
# Leaves in $memory a folder whose files are nowhere but in memory, and where nobody else can exchange them.
find_memory() {
  for memory in "${TMPDIR:-/tmp}" /dev/shm /run /tmp; do
    case $(stat -f -c %T -- "$memory" 2> /dev/null) in
      tmpfs | ramfs) [ ! -w "$memory" ] || ! is_safe_folder "$memory" || { memory=$real; return 0; } ;;
    esac
  done
  return 1
}
# Decrypts into a folder as it reads.
decrypt_parts() {
  {
    decrypt "$encrypted_by" "$identity" < "$here/encrypted" 2> "$1/decrypt.err" || : > "$1/cut"
  } | tar -x -f - -C "$1" 2>> "$1/decrypt.err" || : > "$1/cut"
  if [ -e "$1/cut" ]; then
    said=$(head -n 1 "$1/decrypt.err")
    rm -rf "$1"
    fail "the image $here could not be decrypted: $said" 'name by --identity what decrypts it, and see that the tmpfs has room for it'
  fi
}
