#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct zip;

namespace gadolin::io {

/// No member of an instrument's file inflates beyond this; one that does is a bomb.
inline constexpr std::uint64_t default_inflated_limit_bytes = std::uint64_t{128} << 20;

/// A zip archive in memory (libzip). The bytes must outlive it.
///   fails  E-ZIP-001 damaged, E-ZIP-002 a member inflates beyond the limit, E-ZIP-003 encrypted or
///          of an unknown compression, E-ZIP-004 no such member
class ZipArchive {
 public:
  /// `file` is named in messages. The limit holds for each member and, four times, for all that are
  /// read.
  ZipArchive(std::string_view bytes, std::string file,
             std::uint64_t limit_bytes = default_inflated_limit_bytes);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  /// In the order of the archive, '\' turned into '/'.
  const std::vector<std::string>& names() const { return names_; }
  /// The bytes of a member; its checksum is verified.
  std::string read(const std::string& name);

 private:
  zip* archive_ = nullptr;
  std::string file_;
  std::uint64_t limit_bytes_, left_bytes_;
  std::vector<std::string> names_;
};

/// Names of an archive's members. fails as ZipArchive
std::vector<std::string> zip_member_names(std::string_view bytes, const std::string& file);

}  // namespace gadolin::io
