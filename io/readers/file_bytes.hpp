#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "models/core/provenance.hpp"

/// Bytes of a file as they were read, with their fingerprint.
namespace gadolin::io {

inline constexpr std::uint64_t default_size_limit_bytes = std::uint64_t{512} << 20;

struct FileBytes {
  std::string bytes;
  InputFile record;  ///< path, role, size and SHA-256 of exactly these bytes
};

/// Reads a whole file.
///   fails  E-FILE-001 absent, E-FILE-002 a folder or device, E-FILE-003 not readable,
///          E-FILE-004 larger than `limit_bytes`, E-FILE-005 empty
FileBytes read_file(const std::string& path, const std::string& role,
                    std::uint64_t limit_bytes = default_size_limit_bytes);

/// SHA-256 (FIPS 180-4, by OpenSSL) of bytes that come in pieces.
///   fails  E-FILE-009 the library has none (ExitCode::internal_error)
class Sha256 {
 public:
  Sha256();
  void add(const void* data, std::size_t size_bytes);
  void add(std::string_view bytes) { add(bytes.data(), bytes.size()); }
  /// 64 hex digits of all that was added; call once, last.
  std::string hex();

 private:
  std::unique_ptr<void, void (*)(void*)> context_;
};

/// SHA-256 of bytes as 64 hex digits.
std::string sha256_hex(std::string_view bytes);
/// SHA-256 of a file of any size, read in pieces. fails as read_file, but never for size.
std::string sha256_of_file(const std::string& path);

}  // namespace gadolin::io
