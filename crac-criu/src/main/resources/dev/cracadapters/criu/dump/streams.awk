# Edits CRIU's images after the dump, so that the standard streams of a restored process are those of its restore.
#
# CRIU gives a process another descriptor at a restore (--inherit-fd) by the name of the file that was open, and so cannot
# tell standard output from standard error where both were one terminal or one file, or both /dev/null. Here each gets a
# file of its own in the image, with a name that no real file has, whatever it was at the dump: /crac-stdin, /crac-stdout,
# /crac-stderr. What else had the same description open, by dup(2), shares the stream's, as it did.
#
# The process becomes the leader of its session and its process group, too. A restore is no job of the shell that the
# original was a job of: as a job in the background it could not read from a terminal, and where the session's leader is
# outside the PID namespace it could not be restored at all.
#
# Input: images as od -An -v -tu1 prints them, each after a line "image NAME". Output: lines "NAME OCTAL", the pieces of the
# changed images in octal escapes. Variables: pid, and streams, the numbers of the descriptors that are streams.

$1 == "image" { name = $2; images[++count] = name; from[name] = total + 1; next }
{ for (i = 1; i <= NF; i++) byte[++total] = $i; upto[name] = total }

END {
  number = split(streams, list, " ")
  for (i = 1; i <= number; i++) wanted[list[i]]

  for (k = 1; k <= count; k++) {
    name = images[k]
    for (at = from[name] + 8; at <= upto[name]; at = next_record) {
      record(at)
      if (name == "ids-" pid) root = "fdinfo-" field[2]
      if (name ~ /^fdinfo-/) description[name, field[4]] = field[1]
      if (name == "files" && field[2] > highest) highest = field[2]
      if (name == "pstree" && field[1] == pid) { session = field[4]; group = field[3] }
    }
  }
  # A description that several streams share is, for others that share it, the one of the output.
  for (stream = 0; stream <= 2; stream++) fresh[stream] = highest + 1 + stream
  split("0 2 1", list, " ")
  for (i = 1; i <= 3; i++) {
    stream = list[i]
    if (stream in wanted && (root, stream) in description) shared[description[root, stream]] = fresh[stream]
  }

  for (k = 1; k <= count; k++) {
    name = images[k]
    if (name ~ /^ids-/) continue
    copy(from[name], from[name] + 7)
    for (at = from[name] + 8; at <= upto[name]; at = next_record) {
      record(at)
      if (name ~ /^fdinfo-/) descriptor()
      else if (name == "files") file()
      else process()
    }
    if (name == "files") {
      if (0 in wanted) message(file_of(fresh[0], "47 99 114 97 99 45 115 116 100 105 110"))
      if (1 in wanted) message(file_of(fresh[1], "47 99 114 97 99 45 115 116 100 111 117 116"))
      if (2 in wanted) message(file_of(fresh[2], "47 99 114 97 99 45 115 116 100 101 114 114"))
    }
  }
}

function descriptor() {
  if (name == root && field[4] in wanted) message(descriptor_of(fresh[field[4]], field[2], field[4]))
  else if (field[1] in shared) message(descriptor_of(shared[field[1]], field[2], field[4]))
  else copy(at, next_record - 1)
}

# Pipes, sockets and terminals that nobody has open any more would be made again at the restore; CRIU refuses them.
function file() {
  if (field[2] in shared && field[1] != 1) return
  copy(at, next_record - 1)
}

function process(   i, bytes, value) {
  bytes = ""
  for (i = 1; i <= fields; i++) {
    value = content[i]
    if (tag[i] == 3 && value == group) value = pid
    if (tag[i] == 4 && value == session) value = pid
    bytes = bytes varint(tag[i] * 8) varint(value)
  }
  message(bytes)
}

function descriptor_of(id, flags, number) {
  return varint(8) varint(id) varint(16) varint(flags) varint(24) varint(1) varint(32) varint(number)
}

# A regular file, open for reading and writing at its beginning, that belongs to nobody.
function file_of(id, path,   bytes, owner, text) {
  owner = varint(8) varint(0) varint(16) varint(0) varint(24) varint(0) varint(32) varint(0) varint(40) varint(0)
  text = escaped(path)
  bytes = varint(8) varint(id) varint(16) varint(2) varint(24) varint(0)
  bytes = bytes varint(42) varint(length(owner) / 4) owner varint(50) varint(length(text) / 4) text
  return varint(8) varint(1) varint(16) varint(id) varint(26) varint(length(bytes) / 4) bytes
}

# ---- Writing.
function varint(value,   text) {
  text = ""
  for (; value >= 128; value = int(value / 128)) text = text sprintf("\\%03o", value % 128 + 128)
  return text sprintf("\\%03o", value)
}

function escaped(numbers,   list, number, i, text) {
  number = split(numbers, list, " ")
  text = ""
  for (i = 1; i <= number; i++) text = text sprintf("\\%03o", list[i])
  return text
}

function message(bytes,   rest, i, text) {
  rest = length(bytes) / 4
  text = ""
  for (i = 0; i < 4; i++) { text = text sprintf("\\%03o", rest % 256); rest = int(rest / 256) }
  print name " " text bytes
}

function copy(first, last,   i, text) {
  text = ""
  for (i = first; i <= last; i++) text = text sprintf("\\%03o", byte[i])
  print name " " text
}
