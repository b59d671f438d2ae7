#pragma once

#include <hdf5.h>

namespace gadolin::io {

/// Copies every group, dataset, attribute and dimension scale of one open file into an empty one,
/// in the order of names: columns in chunks of at most 1 MiB, shuffled and deflated (level 1);
/// nothing of the growing file's layout, free space or chunk sizes survives, so equal contents
/// give equal bytes. /run/journal is left behind: it describes how the file grew. Marks the copy
/// complete. throws Error of io/store/hdf5.hpp
void compact(hid_t source_file, hid_t target_file);

}  // namespace gadolin::io
