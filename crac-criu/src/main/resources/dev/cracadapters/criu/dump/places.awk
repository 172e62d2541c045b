# Finds the open files of some names in CRIU's files.img: file_entry, whose field 3 is a reg_file_entry with the fields
# name (6), size (8) and mode (10). Prints for the Nth name of the list "wanted" each place of the name and its length, and
# where the tags of its size and mode are: "N name OFFSET LENGTH", "N tag OFFSET". Offsets count from 0.
{ for (i = 1; i <= NF; i++) byte[++total] = $i }

END {
  names = split(wanted, list, ",")
  for (at = 9; at <= total; at = next_record) {
    record(at)
    for (regular = 1; regular <= fields && tag[regular] != 3; regular++) continue
    if (regular <= fields) file(content[regular], size[regular])
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
