# Reads CRIU's images, which od has made numbers of: two magic numbers, then records, each four bytes of length and a
# message in protobuf's format. For places.awk and streams.awk, which fill byte[], counted from 1.

function record(start) {
  next_record = start + 4 + byte[start] + 256 * (byte[start + 1] + 256 * (byte[start + 2] + 256 * byte[start + 3]))
  read_fields(start + 4, next_record)
}

# The fields of a message: tag[i], where it starts in tag_at[i], and content[i], which is a number, or where size[i] bytes
# begin. Numbers are in field[], by their tags, as well.
function read_fields(first, end,   key) {
  split("", field)
  fields = 0
  for (place = first; place < end; ) {
    tag_at[++fields] = place
    key = number_here()
    tag[fields] = int(key / 8)
    if (key % 8 == 0) field[tag[fields]] = content[fields] = number_here()
    else if (key % 8 == 2) { size[fields] = number_here(); content[fields] = place; place += size[fields] }
    else place += key % 8 == 1 ? 8 : 4
  }
}

function number_here(   value, factor) {
  value = 0
  for (factor = 1; byte[place] >= 128; factor *= 128) value += (byte[place++] - 128) * factor
  return value + byte[place++] * factor
}
