#pragma once

#include <functional>
#include <string>

namespace gadolin::io {

/// Runs `work` in a child process and gives the bytes it returned. The HDF5 library writes past its
/// buffers or runs for ever on some damaged files; in a child that is an error and no more. An
/// Error that `work` throws is thrown here.
///   limit_s  processor time, and ten times as much by the clock
///   fails    E-H5-001 the child crashed, ran too long or took more than 4 GiB of memory;
///            E-MEM-002 no child could be made (ExitCode::resource)
std::string in_hdf5_child(const std::function<std::string()>& work, const std::string& file,
                          int limit_s = 10);

}  // namespace gadolin::io
