#include "io/readers/file_bytes.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <openssl/evp.h>

#include "models/core/error.hpp"

namespace gadolin::io {

namespace {

[[noreturn]] void fail_sha256() {
  throw Error("E-FILE-009", "SHA-256 is not available", "the OpenSSL library",
              "repair the OpenSSL installation", ExitCode::internal_error);
}

EVP_MD_CTX* evp(const std::unique_ptr<void, void (*)(void*)>& context) {
  return static_cast<EVP_MD_CTX*>(context.get());
}

/// Opens a regular file or says why not.
std::ifstream open_checked(const std::string& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error("E-FILE-001", "no such file", "\"" + path + "\"",
                "check the name; relative names count from the working folder or the case file");
  }
  if (failure) {
    throw Error("E-FILE-003", "cannot look at the file (" + failure.message() + ")",
                "\"" + path + "\"", "check the permissions of the file and its folders");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw Error("E-FILE-002",
                std::filesystem::is_directory(status) ? "a folder was given where a file is needed"
                                                      : "not a regular file",
                "\"" + path + "\"", "name a file");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw Error("E-FILE-003", std::string("cannot open the file (") + std::strerror(errno) + ")",
                "\"" + path + "\"", "check the permissions of the file");
  }
  return stream;
}

}  // namespace

FileBytes read_file(const std::string& path, const std::string& role, std::uint64_t limit_bytes) {
  std::ifstream stream = open_checked(path);
  std::error_code failure;
  const std::uint64_t size = std::filesystem::file_size(path, failure);
  if (!failure && size > limit_bytes) {
    throw Error("E-FILE-004",
                "the file has " + std::to_string(size) + " bytes (at most " +
                    std::to_string(limit_bytes) + " are read)",
                "\"" + path + "\"", "check that this is the right file, or split it");
  }
  FileBytes file;
  if (!failure) file.bytes.reserve(size);
  std::vector<char> buffer(1 << 16);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    file.bytes.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (file.bytes.size() > limit_bytes) {
      throw Error("E-FILE-004",
                  "the file grew beyond " + std::to_string(limit_bytes) + " bytes while being read",
                  "\"" + path + "\"", "check that this is the right file");
    }
  }
  if (stream.bad()) {
    throw Error("E-FILE-003", "the file could not be read to its end", "\"" + path + "\"",
                "copy the file to a sound disk and try again");
  }
  if (file.bytes.empty()) {
    throw Error("E-FILE-005", "the file is empty", "\"" + path + "\"",
                "export or copy the file again");
  }
  file.record.path = path;
  file.record.role = role;
  file.record.size_bytes = file.bytes.size();
  file.record.sha256 = sha256_hex(file.bytes);
  return file;
}

Sha256::Sha256()
    : context_(EVP_MD_CTX_new(), [](void* p) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(p)); }) {
  if (!context_ || EVP_DigestInit_ex(evp(context_), EVP_sha256(), nullptr) != 1) fail_sha256();
}

void Sha256::add(const void* data, std::size_t size_bytes) {
  if (EVP_DigestUpdate(evp(context_), data, size_bytes) != 1) fail_sha256();
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(evp(context_), digest, &length) != 1) fail_sha256();
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.add(bytes);
  return digest.hex();
}

std::string sha256_of_file(const std::string& path) {
  std::ifstream stream = open_checked(path);
  Sha256 digest;
  std::vector<char> buffer(1 << 16);
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    digest.add(buffer.data(), static_cast<std::size_t>(stream.gcount()));
  }
  return digest.hex();
}

}  // namespace gadolin::io
