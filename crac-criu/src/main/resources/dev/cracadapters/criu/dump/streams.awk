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
# Input: images as od -An -v -tu1 prints them, one after the other. Output: lines "IMAGE OCTAL", the pieces of the changed
# images in octal escapes. Variables: pid; streams, the numbers of the descriptors that are streams; images, the paths.

{ for (i = 1; i <= NF; i++) byte[++total] = $i }

END {
  number = split(streams, list, " ")
  for (i = 1; i <= number; i++) wanted[list[i]]

  count = split(images, paths, " ")
  at = 1
  for (k = 1; k <= count; k++) {
    name = paths[k]
    gsub(/.*\/|\.img$/, "", name)
    names[k] = name
    from[k] = at
    if (!begins(at)) exit 1
    for (at += 8; at <= total && !begins(at); at = next_record) {
      record(at)
      if (name == "ids-" pid) root = "fdinfo-" field[2]
      if (name ~ /^fdinfo-/) description[name, field[4]] = field[1]
      if (name == "files" && field[2] > highest) highest = field[2]
      if (name == "pstree" && field[1] == pid) { session = field[4]; group = field[3] }
    }
  }
  from[k] = at
  if (at <= total) exit 1
  # A description that several streams share is, for others that share it, the one of the output.
  for (stream = 0; stream <= 2; stream++) fresh[stream] = highest + 1 + stream
  split("0 2 1", list, " ")
  for (i = 1; i <= 3; i++) {
    stream = list[i]
    if (stream in wanted && (root, stream) in description) shared[description[root, stream]] = fresh[stream]
  }

  for (k = 1; k <= count; k++) {
    name = names[k]
    if (name ~ /^ids-/) continue
    copy(from[k], from[k] + 7)
    for (at = from[k] + 8; at < from[k + 1]; at = next_record) {
      record(at)
      if (name ~ /^fdinfo-/) descriptor()
      else if (name == "files") file()
      else process()
    }
    if (name != "files") continue
    split("\\151\\156 \\157\\165\\164 \\145\\162\\162", list, " ") # in, out, err
    for (i = 0; i <= 2; i++) if (i in wanted) message(file_of(fresh[i], list[i + 1]))
  }
}

# Every image begins with the same number, which is larger than any record's length.
function begins(place) {
  return byte[place] == 25 && byte[place + 1] == 67 && byte[place + 2] == 86 && byte[place + 3] == 84
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

# A regular file /crac-std..., open for reading and writing at its beginning, that belongs to nobody.
function file_of(id, last,   bytes, owner, text) {
  owner = varint(8) varint(0) varint(16) varint(0) varint(24) varint(0) varint(32) varint(0) varint(40) varint(0)
  text = "\\057\\143\\162\\141\\143\\055\\163\\164\\144" last
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

function message(bytes,   rest, i, text) {
  rest = length(bytes) / 4
  text = ""
  for (i = 0; i < 4; i++) { text = text sprintf("\\%03o", rest % 256); rest = int(rest / 256) }
  print paths[k] " " text bytes
}

function copy(first, last,   i, text) {
  text = ""
  for (i = first; i <= last; i++) text = text sprintf("\\%03o", byte[i])
  print paths[k] " " text
}
