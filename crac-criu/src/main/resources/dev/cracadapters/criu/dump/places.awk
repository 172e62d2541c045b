# Finds the open files of some names in CRIU's files.img: file_entry, whose field 3 is a reg_file_entry with the fields
# name (6), size (8) and mode (10). Prints for the Nth name of the list "wanted" each place of the name and its length, and
# where the tags of its size and mode are: "N name OFFSET LENGTH", "N tag OFFSET". Offsets count from 0. And the name of
# HotSpot's attach socket, in field 11 of the unix_sk_entry in field 16: "socket OFFSET LENGTH".
{ for (i = 1; i <= NF; i++) byte[++total] = $i }

END {
  names = split(wanted, list, ",")
  for (at = 9; at <= total; at = next_record) {
    record(at)
    regular = socket = 0
    for (k = 1; k <= fields; k++) {
      if (tag[k] == 3) regular = k
      if (tag[k] == 16) socket = k
    }
    if (regular) file(content[regular], size[regular])
    else if (socket) attach_socket(content[socket], size[socket])
  }
}

function file(first, bytes,   name, named, tags, i, k) {
  read_fields(first, first + bytes)
  for (k = 1; k <= fields; k++) {
    if (tag[k] == 6) for (named = k; i < size[k]; i++) name = name " " byte[content[k] + i]
    if (tag[k] == 8 || tag[k] == 10) tags[k]
  }
  for (i = 1; i <= names; i++) if (name != "" && list[i] == name) {
    print i, "name", content[named] - 1, size[named]
    for (k in tags) print i, "tag", tag_at[k] - 1
  }
}

function attach_socket(first, bytes,   prefix, i, k, length_now) {
  read_fields(first, first + bytes)
  for (k = 1; k <= fields; k++) if (tag[k] == 11) {
    for (i = 0; i < 14; i++) prefix = prefix " " byte[content[k] + i]
    if (size[k] < 14 || prefix != " 47 116 109 112 47 46 106 97 118 97 95 112 105 100") continue # /tmp/.java_pid
    length_now = size[k]
    if (!byte[content[k] + length_now - 1]) length_now--
    print "socket", content[k] - 1, length_now
  }
}
