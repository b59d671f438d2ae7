#include "io/readers/zip_archive.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <zip.h>

#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

constexpr zip_int64_t max_members = 100'000;

Error damaged(const std::string& why, const std::string& file) {
  return Error("E-ZIP-001", "damaged zip archive (" + why + ")", file,
               "the file may be cut off: copy or export it again");
}

/// What libzip says of an error.
std::string text_of(zip_error_t* error) { return zip_error_strerror(error); }

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

}  // namespace

ZipArchive::ZipArchive(std::string_view bytes, std::string file, std::uint64_t limit_bytes)
    : file_(std::move(file)), limit_bytes_(limit_bytes), left_bytes_(4 * limit_bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source != nullptr) {
    archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (archive_ == nullptr) zip_source_free(source);
  }
  const std::string why = archive_ == nullptr ? text_of(&error) : "";
  zip_error_fini(&error);
  if (archive_ == nullptr) throw damaged(why, file_);
  const zip_int64_t members = zip_get_num_entries(archive_, 0);
  if (members < 0 || members > max_members) {
    zip_discard(archive_);
    throw damaged(fmt::format("{} members", members), file_);
  }
  for (zip_int64_t i = 0; i < members; ++i) {
    const char* name = zip_get_name(archive_, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    names_.emplace_back(name == nullptr ? "" : name);
    std::replace(names_.back().begin(), names_.back().end(), '\\', '/');
  }
}

ZipArchive::~ZipArchive() { zip_discard(archive_); }

std::string ZipArchive::read(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    throw Error("E-ZIP-004", "no member \"" + name + "\" in the archive", file_,
                "copy or export the file again");
  }
  const std::string place = file_ + "/" + name;
  const auto index = static_cast<zip_uint64_t>(found - names_.begin());
  const std::unique_ptr<zip_file_t, CloseMember> member(zip_fopen_index(archive_, index, 0));
  if (!member) {
    zip_error_t* error = zip_get_error(archive_);
    const int code = zip_error_code_zip(error);
    if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_WRONGPASSWD || code == ZIP_ER_ENCRNOTSUPP ||
        code == ZIP_ER_COMPNOTSUPP) {
      throw Error("E-ZIP-003", "a member cannot be unpacked (" + text_of(error) + ")", place,
                  "save the file without a password and with ordinary compression");
    }
    throw damaged(text_of(error), place);
  }
  // Nothing is taken from the size that the archive states: it may lie.
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  while (true) {
    const zip_int64_t got = zip_fread(member.get(), buffer.data(), buffer.size());
    if (got < 0) throw damaged(text_of(zip_file_get_error(member.get())), place);
    if (got == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > std::min(limit_bytes_, left_bytes_)) {
      throw Error(
          "E-ZIP-002",
          fmt::format("a member inflates beyond {} bytes", std::min(limit_bytes_, left_bytes_)),
          place, "check that this is a diffractometer's file");
    }
  }
  left_bytes_ -= bytes.size();
  return bytes;
}

std::vector<std::string> zip_member_names(std::string_view bytes, const std::string& file) {
  return ZipArchive(bytes, file).names();
}

}  // namespace gadolin::io
