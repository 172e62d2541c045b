# Finds the open files of some names in CRIU's files.img, which od has made numbers of: entries of four bytes of length and
# a file_entry in protobuf's format, whose field 3 is a reg_file_entry with the fields name (6), size (8) and mode (10).
# Tells for the Nth name of the list "wanted" each place of the name and its length, and where the tags of its size and
# mode are: "N name OFFSET LENGTH", "N tag OFFSET". Offsets count from 0.
{ for (i = 1; i <= NF; i++) byte[n++] = $i }
function varint(   value, scale) {
  value = 0
  scale = 1
  while (byte[at] >= 128) {
    value += (byte[at++] - 128) * scale
    scale *= 128
  }
  return value + byte[at++] * scale
}
function skip(wire) {
  if (wire == 0) varint()
  else if (wire == 1) at += 8
  else if (wire == 5) at += 4
}
function file(end,   start, tag, wire, length_, name, name_at, name_length, tags, i) {
  while (at < end) {
    start = at
    tag = varint()
    wire = tag % 8
    if (wire == 2) {
      length_ = varint()
      if (tag == 50) {
        name_at = at
        name_length = length_
        name = ""
        for (i = at; i < at + length_; i++) name = name " " byte[i]
      }
      at += length_
    } else {
      if (tag == 64 || tag == 80) tags = tags " " start
      skip(wire)
    }
  }
  for (i = 1; i <= names; i++) if (name != "" && list[i] == name) {
    print i, "name", name_at, name_length
    split(tags, each, " ")
    for (start in each) print i, "tag", each[start]
  }
}
END {
  names = split(wanted, list, ",")
  at = 8
  while (at < n) {
    length_of = byte[at] + 256 * byte[at + 1] + 65536 * byte[at + 2] + 16777216 * byte[at + 3]
    at += 4
    entry_end = at + length_of
    while (at < entry_end) {
      tag_of = varint()
      wire_of = tag_of % 8
      if (wire_of == 2) {
        inner = varint()
        inner_end = at + inner
        if (tag_of == 26) file(inner_end)
        at = inner_end
      } else skip(wire_of)
    }
    at = entry_end
  }
}
