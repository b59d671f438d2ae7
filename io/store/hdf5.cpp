#include "io/store/hdf5.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "models/core/error.hpp"

namespace gadolin::io::hdf5 {

namespace {

namespace fs = std::filesystem;

struct StackTexts {
  std::vector<std::string> texts;
};

herr_t collect(unsigned, const H5E_error2_t* entry, void* data) {
  if (entry->desc != nullptr) static_cast<StackTexts*>(data)->texts.emplace_back(entry->desc);
  return 0;
}

/// The stack, innermost cause first.
std::vector<std::string> take_error_stack() {
  StackTexts stack;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, &stack);
  H5Eclear2(H5E_DEFAULT);
  return stack.texts;
}

bool any_contains(const std::vector<std::string>& texts, const char* word) {
  for (const auto& text : texts) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

Error lock_error(const std::string& path) {
  return Error("E-LOCK-001", "cannot lock (in use by another program, or no locks on this mount)",
               path,
               "close the other program, write elsewhere, or set HDF5_USE_FILE_LOCKING=FALSE if no "
               "other writer exists",
               ExitCode::resource);
}

Error unwritable_error(const std::string& path, const std::string& reason) {
  return Error("E-OUT-002", "cannot create the output: " + reason, path,
               "choose another --out or make its folder writable", ExitCode::resource);
}

bool locking_wanted() {
  const char* setting = std::getenv("HDF5_USE_FILE_LOCKING");
  return setting == nullptr ||
         (std::strcmp(setting, "FALSE") != 0 && std::strcmp(setting, "0") != 0);
}

/// Tests the path before the library does: H5Fcreate truncates first and locks afterwards, which
/// would destroy the file of a living writer.
void require_creatable(const std::string& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    throw unwritable_error(path, "a folder, pipe or device of that name exists");
  }
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) throw unwritable_error(path, std::strerror(errno));
  const bool locked = locking_wanted() && ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 &&
                      (errno == EWOULDBLOCK || errno == EAGAIN);
  ::close(descriptor);
  if (locked) throw lock_error(path);
}

}  // namespace

void silence_errors() {
  thread_local bool silent = false;
  if (silent) return;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  silent = true;
}

void throw_error(const std::string& action, const std::string& path) {
  const std::vector<std::string> stack = take_error_stack();
  if (any_contains(stack, "unable to lock") || any_contains(stack, "file locking")) {
    throw lock_error(path);
  }
  for (const char* word :
       {"No space left on device", "Disk quota exceeded", "File too large", "errno = 28"}) {
    if (any_contains(stack, word)) {
      throw Error("E-H5-003", "disk, quota or size limit full: cannot " + action, path,
                  "make room; what was flushed before is kept in the .partial file",
                  ExitCode::resource);
    }
  }
  for (const char* word : {"file signature not found", "truncated file", "wrong B-tree signature",
                           "bad object header", "unable to read superblock"}) {
    if (any_contains(stack, word)) {
      throw Error("E-H5-001", std::string("not an HDF5 file, or damaged (") + word + ")", path,
                  "check that it is a gadolin result and was copied whole");
    }
  }
  for (const char* word : {"doesn't exist", "not found", "object 'name' doesn't"}) {
    if (any_contains(stack, word)) {
      throw Error("E-H5-002", "cannot " + action + ": not there", path,
                  "the file was written by another program or version; see gadolin info");
    }
  }
  throw Error("E-H5-004",
              "HDF5 cannot " + action + (stack.empty() ? "" : " (" + stack.front() + ")"), path,
              "run gadolin verify on the file; if it is whole, report this", ExitCode::resource);
}

std::string file_of(hid_t object) {
  const ssize_t length = H5Fget_name(object, nullptr, 0);
  if (length <= 0) return "";
  std::string name(static_cast<std::size_t>(length), '\0');
  H5Fget_name(object, name.data(), name.size() + 1);
  return name;
}

std::string path_of(hid_t object) {
  const ssize_t length = H5Iget_name(object, nullptr, 0);
  if (length <= 0) return "";
  std::string name(static_cast<std::size_t>(length), '\0');
  H5Iget_name(object, name.data(), name.size() + 1);
  return name;
}

File open_for_reading(const std::string& path) {
  silence_errors();
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw Error("E-IN-001", "no such file", path, "check the path");
  }
  if (fs::is_directory(path, ignored)) {
    throw Error("E-H5-001", "not an HDF5 file: it is a folder", path, "name the result file");
  }
  return File(check(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "open the file", path));
}

File create_file(const std::string& path, hid_t access) {
  silence_errors();
  require_creatable(path);
  PropertyList creation(H5Pcreate(H5P_FILE_CREATE));
  return File(check(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access),
                    "create the file", path));
}

}  // namespace gadolin::io::hdf5
