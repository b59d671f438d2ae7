#pragma once

#include <string>
#include <utility>

#include <hdf5.h>

/// Small owners of HDF5 identifiers, and HDF5's failures as gadolin::Error.
/// The library's own printing is switched off; what it would have printed is read from its error
/// stack, boiled down to the one cause a user can act on:
///   E-LOCK-001 the file is locked by another program, or the file system knows no locks
///   E-OUT-002  the folder cannot be written
///   E-H5-001   the file is no HDF5 file, or is damaged
///   E-H5-002   a group or dataset of the layout is missing or has another type
///   E-H5-003   the disk (or a quota, or a size limit) is full
///   E-H5-004   any other failure of the library; the text is its own
namespace gadolin::io::hdf5 {

/// Owns one identifier; `Close` is H5Fclose, H5Gclose, ...
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, -1);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { reset(); }

  hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  /// Closes now; true if the library agreed (a file on a full disk does not).
  bool reset() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 || Close(id) >= 0;
  }

 private:
  hid_t id_ = -1;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;
using Datatype = Handle<H5Tclose>;
using Dataspace = Handle<H5Sclose>;
using PropertyList = Handle<H5Pclose>;
using Object = Handle<H5Oclose>;

/// Stops the library from printing its error stack (per thread; cheap).
void silence_errors();

/// Throws the Error that fits the library's error stack.
///   action  "write dataset /batch/rwp"; path  the file
[[noreturn]] void throw_error(const std::string& action, const std::string& path);

/// Passes a non-negative result through, else throw_error().
inline hid_t check(hid_t id, const std::string& action, const std::string& path) {
  if (id < 0) throw_error(action, path);
  return id;
}

/// Path of the file an object lives in, for messages.
std::string file_of(hid_t object);
/// Absolute path of an object in its file ("/batch/rwp").
std::string path_of(hid_t object);

/// Opens for reading.
/// throws E-IN-001 (no such file), E-LOCK-001, E-H5-001
File open_for_reading(const std::string& path);
/// Creates (truncates) with the default library version bounds, which survive a kill after
/// H5Fflush (docs/formats/result_file.md#crash). An advisory lock of another program is tested
/// before anything is truncated.
/// `access`: how the file is written (io/store/ordered_driver.hpp), default the library's own.
/// throws E-LOCK-001, E-OUT-002
File create_file(const std::string& path, hid_t access = H5P_DEFAULT);

}  // namespace gadolin::io::hdf5
