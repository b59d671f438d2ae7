#pragma once

#include <string>

#include "io/store/hdf5.hpp"

namespace gadolin::io::hdf5 {

/// What became of the bytes of a file; must outlive the file.
///
/// The drivers below tell HDF5 that every write, flush and close went well, and keep the first
/// failure here: an H5Fclose that fails leaves the library in a state in which it crashes at exit.
/// So require_written() belongs after each flush and after the close of a finished file. After the
/// first failure nothing more reaches the disk.
struct WriteOutcome {
  int reason = 0;  ///< errno of the first failed write, 0 if none
};

/// throws E-H5-003 (disk, quota or size limit full), E-H5-004 (any other reason); every time it is
/// asked, since such a file never becomes whole again
void require_written(const WriteOutcome& outcome, const std::string& path);

/// File access through which a growing file stays readable at whatever moment its writer is killed.
///
/// HDF5 writes an updated index before or after what it points to, as it likes; killed in between,
/// one file in ten could not be read (docs/formats/result_file.md#crash). This driver keeps all
/// writes in memory until H5Fflush, then hands them to the operating system in an order in which
/// every prefix is a readable file: first the bytes at addresses never written before, which
/// nothing on the disk points to yet, then the end-of-file address, heaps, indices (parents before
/// the children they take over from), raw data, and last the object headers that make rows visible.
/// Memory: what is written between two flushes. The file is an ordinary HDF5 file.
///
/// Not covered: space freed and used again between two flushes (the store deletes nothing while a
/// batch grows), and loss of power (nothing is synced to the disk before ResultFile::close).
PropertyList ordered_access(WriteOutcome* outcome);

/// File access that writes at once, as the library's own does, but keeps failures in `outcome`.
/// For a file that only counts once it is closed.
PropertyList direct_access(WriteOutcome* outcome);

}  // namespace gadolin::io::hdf5
