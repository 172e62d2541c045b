
# ==== Signatures of a file, FILE.sig, by a key in a file. Shared by the dump script and crac-restore. A key in PEM is one of a pair:
# openssl signs with the private one and verifies with the public one. Any other file is a secret that both sides have: the
# signature is its HMAC with SHA-256 (RFC 2104), for which openssl would have to be told the key where ps(1) shows it.
is_pem() {
  first=
  IFS= read -r first 2> /dev/null < "$1" || [ -n "$first" ] || return
  case $first in '-----BEGIN '*) ;; *) return 1 ;; esac
}
sign() { # FILE KEY
  if is_pem "$2"; then
    openssl pkeyutl -sign -rawin -inkey "$2" -in "$1" -out "$1.sig" < /dev/null
  else
    hmac "$1" "$2" > "$1.sig"
  fi
}
verify_signature() { # FILE KEY
  if is_pem "$2"; then
    openssl pkeyutl -verify -rawin -pubin -inkey "$2" -in "$1" -sigfile "$1.sig" < /dev/null > /dev/null
  else
    found=
    read -r found < "$1.sig"
    [ "${#found}" -eq 64 ] && [ "$found" = "$(hmac "$1" "$2")" ]
  fi
}
hmac() ( # FILE KEY; with variables of its own
  bytes=$(od -A n -v -t u1 < "$2") || return
  # shellcheck disable=SC2086 # a list
  count_words $bytes
  if [ "$count" -gt 64 ]; then
    hex=$(sha256_of_input < "$2") || return
    bytes=$(bytes_of "$hex")
    count=32
  fi
  inner='' outer=''
  while [ "$count" -lt 64 ]; do
    bytes="$bytes 0"
    count=$((count + 1))
  done
  for byte in $bytes; do
    octal $((byte ^ 54))
    inner=$inner$octal
    octal $((byte ^ 92))
    outer=$outer$octal
  done
  # shellcheck disable=SC2059 # octal escapes and nothing else, by the shell's own printf, which no other user sees
  hex=$({ printf "$inner" && cat -- "$1"; } | sha256_of_input) || return
  for byte in $(bytes_of "$hex"); do
    octal "$byte"
    outer=$outer$octal
  done
  # shellcheck disable=SC2059
  printf "$outer" | sha256_of_input
)
count_words() {
  count=$#
}
octal() {
  octal=\\$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))
}
bytes_of() { # hexadecimal digits
  rest=$1
  while [ -n "$rest" ]; do
    printf '%d ' "0x${rest%"${rest#??}"}"
    rest=${rest#??}
  done
}
sha256_of_input() {
  line=$(sha256sum 2> /dev/null || openssl dgst -sha256 -r) || return
  printf '%s\n' "${line%% *}"
}
