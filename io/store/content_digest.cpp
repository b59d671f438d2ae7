#include "io/store/content_digest.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "io/readers/file_bytes.hpp"
#include "io/store/datasets.hpp"

namespace gadolin::io {

namespace {

using hdf5::check;
using hdf5::Dataspace;
using hdf5::Datatype;

/// SHA-256 of typed pieces; every piece carries its length, so no two contents run together.
class Digest {
 public:
  void add_bytes(const void* data, std::size_t size_bytes) { sha256_.add(data, size_bytes); }
  void add_count(std::uint64_t count) { add_bytes(&count, sizeof count); }
  void add_text(std::string_view text) {
    add_count(text.size());
    sha256_.add(text);
  }
  std::string hex() { return sha256_.hex(); }

 private:
  Sha256 sha256_;
};

constexpr std::uint64_t block_bytes = 8 << 20;

bool is_time_field(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name == "start_time" || name == "end_time";
}

bool is_left_out_attribute(const std::string& path, const std::string& name) {
  if (name == "DIMENSION_LIST" || name == "REFERENCE_LIST") return true;  // addresses
  return path == "/" && (name == "file_time" || name == "date" ||
                         name == "gadolin_content_sha256" || name == "gadolin_sealed_sha256");
}

void add_shape(const Dataspace& space, Digest* digest) {
  const int rank = std::max(H5Sget_simple_extent_ndims(space.get()), 0);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  digest->add_count(dims.size());
  for (const hsize_t extent : dims) digest->add_count(extent);
}

/// Numbers as their bytes (the files are little-endian, as every machine this runs on), texts one
/// by one.
void add_values(const std::vector<char>& bytes, std::size_t count, bool text, Digest* digest) {
  if (!text) {
    digest->add_bytes(bytes.data(), bytes.size());
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = nullptr;
    std::memcpy(&value, bytes.data() + i * sizeof(char*), sizeof(char*));
    digest->add_text(value == nullptr ? "" : value);
  }
}

void add_type(const Datatype& type, Digest* digest) {
  digest->add_count(static_cast<std::uint64_t>(H5Tget_class(type.get())));
  digest->add_count(H5Tget_size(type.get()));
  if (H5Tget_class(type.get()) != H5T_ENUM) return;
  for (int i = 0; i < H5Tget_nmembers(type.get()); ++i) {
    char* name = H5Tget_member_name(type.get(), static_cast<unsigned>(i));
    digest->add_text(name == nullptr ? "" : name);
    H5free_memory(name);
  }
}

void add_attributes(hid_t object, const std::string& path, Digest* digest) {
  for (const std::string& name : hdf5::attribute_names(object)) {
    if (is_left_out_attribute(path, name)) continue;
    const hdf5::Attribute attribute(check(H5Aopen(object, name.c_str(), H5P_DEFAULT),
                                          "read attribute " + name, hdf5::file_of(object)));
    const Datatype type(H5Aget_type(attribute.get()));
    const Datatype memory(H5Tget_native_type(type.get(), H5T_DIR_ASCEND));
    const Dataspace space(H5Aget_space(attribute.get()));
    const bool text = H5Tis_variable_str(memory.get()) > 0;
    const auto count =
        static_cast<std::size_t>(std::max<hssize_t>(H5Sget_simple_extent_npoints(space.get()), 0));
    std::vector<char> bytes(count * H5Tget_size(memory.get()));
    digest->add_text(name);
    add_type(type, digest);
    add_shape(space, digest);
    if (count == 0) continue;
    check(H5Aread(attribute.get(), memory.get(), bytes.data()), "read attribute " + name,
          hdf5::file_of(object));
    add_values(bytes, count, text, digest);
    if (text) H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, bytes.data());
  }
}

void add_dataset(const hdf5::Dataset& dataset, const std::string& path, Digest* digest) {
  const Datatype type(H5Dget_type(dataset.get()));
  const Datatype memory(H5Tget_native_type(type.get(), H5T_DIR_ASCEND));
  const Dataspace space(H5Dget_space(dataset.get()));
  add_type(type, digest);
  add_shape(space, digest);
  const bool text = H5Tis_variable_str(memory.get()) > 0;
  const int rank = std::max(H5Sget_simple_extent_ndims(space.get()), 0);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  if (rank == 0) dims = {1};
  std::uint64_t row_elements = 1;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) row_elements *= dims[axis];
  const std::uint64_t row_bytes = row_elements * H5Tget_size(memory.get());
  if (row_bytes == 0) return;
  const std::uint64_t step = std::max<std::uint64_t>(1, block_bytes / row_bytes);
  std::vector<char> bytes;
  for (std::uint64_t first = 0; first < dims[0]; first += step) {
    std::vector<hsize_t> start(dims.size(), 0), extent(dims);
    start[0] = first;
    extent[0] = std::min<std::uint64_t>(step, dims[0] - first);
    bytes.assign(extent[0] * row_bytes, 0);
    Dataspace file_space(H5Dget_space(dataset.get()));
    Dataspace memory_space(rank == 0 ? H5Screate(H5S_SCALAR)
                                     : H5Screate_simple(rank, extent.data(), nullptr));
    if (rank > 0) {
      H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                          nullptr);
    }
    check(H5Dread(dataset.get(), memory.get(), memory_space.get(), file_space.get(), H5P_DEFAULT,
                  bytes.data()),
          "read dataset " + path, hdf5::file_of(dataset.get()));
    add_values(bytes, extent[0] * row_elements, text, digest);
    if (text) H5Dvlen_reclaim(memory.get(), memory_space.get(), H5P_DEFAULT, bytes.data());
  }
}

void digest_group(hid_t group, const std::string& path, ContentDigest* content,
                  std::vector<std::string>* times) {
  const std::vector<std::string> names = hdf5::child_names(group);
  Digest own;
  for (const std::string& name : names) {
    const std::string child = (path == "/" ? "/" : path + "/") + name;
    if (child != "/run/content") own.add_text(name);
  }
  add_attributes(group, path, &own);
  content->objects.push_back({path, own.hex()});
  for (const std::string& name : names) {
    const std::string child = (path == "/" ? "/" : path + "/") + name;
    if (child == "/run/content") continue;
    H5O_info_t info;
    check(H5Oget_info_by_name(group, name.c_str(), &info, H5P_DEFAULT), "read " + child,
          hdf5::file_of(group));
    if (info.type == H5O_TYPE_GROUP) {
      const hdf5::Group inner = hdf5::group(group, name);
      digest_group(inner.get(), child, content, times);
    } else if (info.type == H5O_TYPE_DATASET) {
      if (is_time_field(child)) {
        times->push_back(child + "=" + hdf5::read_text(group, name));
        continue;
      }
      const hdf5::Dataset dataset(
          check(H5Dopen2(group, name.c_str(), H5P_DEFAULT), "read " + child, hdf5::file_of(group)));
      Digest digest;
      add_dataset(dataset, child, &digest);
      add_attributes(dataset.get(), child, &digest);
      content->objects.push_back({child, digest.hex()});
    }
  }
}

}  // namespace

ContentDigest digest_content(hid_t file) {
  hdf5::silence_errors();
  ContentDigest content;
  std::vector<std::string> times;
  const hdf5::Group root(check(H5Gopen2(file, "/", H5P_DEFAULT), "open /", hdf5::file_of(file)));
  digest_group(root.get(), "/", &content, &times);
  times.push_back("file_time=" + hdf5::read_text_attribute(root.get(), "file_time"));
  times.push_back("date=" + hdf5::read_text_attribute(root.get(), "date"));
  std::string text;
  for (const ObjectDigest& object : content.objects) {
    text += object.path + "  " + object.sha256 + "\n";
  }
  content.content_sha256 = sha256_hex(text);
  text = content.content_sha256 + "\n";
  for (const std::string& time : times) text += time + "\n";
  content.sealed_sha256 = sha256_hex(text);
  return content;
}

void seal(hid_t file) {
  hdf5::group(file, "run", "NXcollection");  // before the digest, which covers its name
  const ContentDigest content = digest_content(file);
  std::vector<std::string> paths, hashes;
  for (const ObjectDigest& object : content.objects) {
    paths.push_back(object.path);
    hashes.push_back(object.sha256);
  }
  const hdf5::Group root(H5Gopen2(file, "/", H5P_DEFAULT));
  const hdf5::Group run = hdf5::group(root.get(), "run", "NXcollection");
  const hdf5::Group table = hdf5::group(run.get(), "content", "NXcollection");
  hdf5::write_texts(table.get(), "path", paths);
  hdf5::write_texts(table.get(), "sha256", hashes);
  hdf5::set_attribute(root.get(), "gadolin_content_sha256", content.content_sha256);
  hdf5::set_attribute(root.get(), "gadolin_sealed_sha256", content.sealed_sha256);
}

}  // namespace gadolin::io
