#pragma once

#include "io/store/hdf5.hpp"

namespace gadolin::io::hdf5 {

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
PropertyList ordered_access();

}  // namespace gadolin::io::hdf5
