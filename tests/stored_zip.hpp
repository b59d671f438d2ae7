#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

/// A zip archive of stored (uncompressed) or deflated members, for tests of readers of archives.
namespace gadolin {

struct ZipMember {
  std::string name;
  std::string_view bytes;
  bool deflated = false;
};

inline std::string make_zip(const std::vector<ZipMember>& members) {
  std::string out, directory;
  const auto put = [](std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(i < 8 ? value >> (8 * i) & 0xFF : 0);
  };
  for (const ZipMember& member : members) {
    std::string packed(member.bytes);
    if (member.deflated) {
      z_stream stream{};
      deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
      packed.resize(deflateBound(&stream, member.bytes.size()));
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(member.bytes.data()));
      stream.avail_in = static_cast<uInt>(member.bytes.size());
      stream.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream.avail_out = static_cast<uInt>(packed.size());
      deflate(&stream, Z_FINISH);
      packed.resize(stream.total_out);
      deflateEnd(&stream);
    }
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()),
                           static_cast<uInt>(member.bytes.size()));
    std::string common;  // what local header and directory share
    put(common, 20, 2);
    put(common, 0, 2);
    put(common, member.deflated ? 8 : 0, 2);
    put(common, 0x00210000, 4);  // 1980-01-01
    put(common, crc, 4);
    put(common, packed.size(), 4);
    put(common, member.bytes.size(), 4);
    put(common, member.name.size(), 2);
    put(common, 0, 2);
    put(directory, 0x02014B50, 4);
    put(directory, 20, 2);
    directory += common;
    put(directory, 0, 2 + 2 + 2 + 4);  // comment, disk, attributes
    put(directory, out.size(), 4);
    directory += member.name;
    put(out, 0x04034B50, 4);
    out += common + member.name + packed;
  }
  const std::size_t at = out.size();
  out += directory;
  put(out, 0x06054B50, 4);
  put(out, 0, 4);
  put(out, members.size(), 2);
  put(out, members.size(), 2);
  put(out, directory.size(), 4);
  put(out, at, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace gadolin
