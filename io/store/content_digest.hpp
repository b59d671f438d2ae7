#pragma once

#include <string>
#include <vector>

#include <hdf5.h>

/// Fingerprints of what a result file says, so that a changed result is found and named.
/// They find accidents and careless edits; who wants to forge can recompute them. The report prints
/// the seal: compared with a copy kept elsewhere it finds forgery too.
namespace gadolin::io {

struct ObjectDigest {
  std::string path;    ///< "/batch/rwp"; a group stands for its attributes and children's names
  std::string sha256;  ///< of type, shape, values (little-endian) and attributes
};

struct ContentDigest {
  std::vector<ObjectDigest> objects;  ///< in the order of paths; times and digests left out
  std::string content_sha256;         ///< over `objects`: equal for equal results
  std::string sealed_sha256;          ///< over content_sha256 and the times: one per run
};

/// Reads the whole file. Left out: /run/content, and the times (start_time, end_time, and the
/// root's file_time and date), which only enter the seal.
ContentDigest digest_content(hid_t file);

/// Writes /run/content and the root attributes gadolin_content_sha256, gadolin_sealed_sha256.
void seal(hid_t file);

}  // namespace gadolin::io
