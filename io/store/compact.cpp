#include "io/store/compact.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <hdf5_hl.h>

#include "io/store/datasets.hpp"

namespace gadolin::io {

namespace {

using hdf5::check;
using hdf5::Dataset;
using hdf5::Dataspace;
using hdf5::Datatype;
using hdf5::PropertyList;

constexpr std::uint64_t target_chunk_bytes = 1 << 20;
constexpr std::uint64_t block_bytes = 8 << 20;
constexpr std::uint64_t smallest_compressed_elements = 512;

struct ScaleUse {
  std::string dataset;
  unsigned axis;
  haddr_t scale;  ///< address in the source
};
/// What the walk has met: objects by address (an object with two names is copied once), and what
/// has to be put back once all datasets are there.
struct Walk {
  std::map<haddr_t, std::string> copied;
  std::vector<std::string> scales;
  std::vector<ScaleUse> uses;
};

/// Attributes of the dimension-scale convention hold addresses; they are made anew.
bool belongs_to_scales(const std::string& name, bool is_scale) {
  return name == "DIMENSION_LIST" || name == "REFERENCE_LIST" ||
         (is_scale && (name == "CLASS" || name == "NAME"));
}

void copy_attributes(hid_t source, hid_t target, bool is_scale) {
  for (const std::string& name : hdf5::attribute_names(source)) {
    if (belongs_to_scales(name, is_scale)) continue;
    const std::string action = "copy attribute " + name;
    const hdf5::Attribute from(H5Aopen(source, name.c_str(), H5P_DEFAULT));
    const Datatype type(H5Aget_type(from.get()));
    const Datatype memory(H5Tget_native_type(type.get(), H5T_DIR_ASCEND));
    const Dataspace space(H5Aget_space(from.get()));
    const auto count = std::max<hssize_t>(H5Sget_simple_extent_npoints(space.get()), 1);
    std::vector<char> bytes(static_cast<std::size_t>(count) * H5Tget_size(memory.get()));
    check(H5Aread(from.get(), memory.get(), bytes.data()), action, hdf5::file_of(source));
    const hdf5::Attribute to(
        check(H5Acreate2(target, name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
              action, hdf5::file_of(target)));
    check(H5Awrite(to.get(), memory.get(), bytes.data()), action, hdf5::file_of(target));
    if (H5Tdetect_class(memory.get(), H5T_STRING) > 0) {
      H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, bytes.data());
    }
  }
}

/// Layout of the copy: extendable columns stay extendable; anything long is compressed.
PropertyList creation_list(hid_t source, hid_t type, const std::vector<hsize_t>& dims) {
  PropertyList list(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(list.get(), false);
  const PropertyList old(H5Dget_create_plist(source));
  H5D_fill_value_t fill = H5D_FILL_VALUE_UNDEFINED;
  H5Pfill_value_defined(old.get(), &fill);
  if (fill == H5D_FILL_VALUE_USER_DEFINED) {
    std::vector<char> value(H5Tget_size(type));
    H5Pget_fill_value(old.get(), type, value.data());
    H5Pset_fill_value(list.get(), type, value.data());
  }
  std::uint64_t elements = 1, row_bytes = std::max<std::uint64_t>(H5Tget_size(type), 1);
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    elements *= dims[axis];
    if (axis > 0) row_bytes *= std::max<hsize_t>(dims[axis], 1);
  }
  const bool extendable = H5Pget_layout(old.get()) == H5D_CHUNKED;
  const bool text = H5Tget_class(type) == H5T_STRING;
  if (dims.empty() || (!extendable && (text || elements < smallest_compressed_elements))) {
    return list;
  }
  std::vector<hsize_t> chunk;
  for (const hsize_t extent : dims) chunk.push_back(std::max<hsize_t>(extent, 1));
  chunk[0] = std::clamp<std::uint64_t>(target_chunk_bytes / row_bytes, 1, chunk[0]);
  // a column that says in what pieces it is read keeps them
  const auto rows = hdf5::read_integer_attribute(source, "chunk_rows", 0);
  if (rows > 0)
    chunk[0] = std::min<hsize_t>(static_cast<hsize_t>(rows), std::max<hsize_t>(dims[0], 1));
  H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data());
  if (!text) {
    H5Pset_shuffle(list.get());
    H5Pset_deflate(list.get(), 1);
  }
  return list;
}

void copy_values(const Dataset& from, const Dataset& to, const Datatype& memory,
                 const std::vector<hsize_t>& dims, const std::string& name) {
  const std::string action = "copy dataset " + name;
  const bool text = H5Tget_class(memory.get()) == H5T_STRING;
  std::uint64_t row_elements = 1;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) row_elements *= dims[axis];
  const std::uint64_t rows = dims.empty() ? 1 : dims[0];
  if (rows * row_elements == 0) return;
  const std::uint64_t row_bytes = row_elements * H5Tget_size(memory.get());
  const std::uint64_t step = std::max<std::uint64_t>(1, block_bytes / row_bytes);
  std::vector<char> bytes;
  for (std::uint64_t first = 0; first < rows; first += step) {
    const std::uint64_t count = std::min(step, rows - first);
    bytes.resize(count * row_bytes);
    Dataspace memory_space, file_space;
    if (!dims.empty()) {
      std::vector<hsize_t> start(dims.size(), 0), extent(dims);
      start[0] = first;
      extent[0] = count;
      memory_space =
          Dataspace(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr));
      file_space = Dataspace(H5Dget_space(from.get()));
      H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                          nullptr);
    } else {
      memory_space = Dataspace(H5Screate(H5S_SCALAR));
      file_space = Dataspace(H5Screate(H5S_SCALAR));
    }
    check(H5Dread(from.get(), memory.get(), memory_space.get(), file_space.get(), H5P_DEFAULT,
                  bytes.data()),
          action, hdf5::file_of(from.get()));
    check(H5Dwrite(to.get(), memory.get(), memory_space.get(), file_space.get(), H5P_DEFAULT,
                   bytes.data()),
          action, hdf5::file_of(to.get()));
    if (text) H5Dvlen_reclaim(memory.get(), memory_space.get(), H5P_DEFAULT, bytes.data());
  }
}

void note_scales(const Dataset& from, const std::string& path, std::size_t rank, Walk* walk) {
  if (H5DSis_scale(from.get()) > 0) walk->scales.push_back(path);
  for (unsigned axis = 0; axis < rank; ++axis) {
    if (H5DSget_num_scales(from.get(), axis) <= 0) continue;
    haddr_t scale = HADDR_UNDEF;
    H5DSiterate_scales(
        from.get(), axis, nullptr,
        [](hid_t, unsigned, hid_t dataset, void* address) -> herr_t {
          H5O_info_t info;
          if (H5Oget_info(dataset, &info) >= 0) *static_cast<haddr_t*>(address) = info.addr;
          return 0;
        },
        &scale);
    walk->uses.push_back({path, axis, scale});
  }
}

void copy_dataset(hid_t source_group, hid_t target_group, const std::string& name,
                  const std::string& path, Walk* walk) {
  const Dataset from(check(H5Dopen2(source_group, name.c_str(), H5P_DEFAULT),
                           "copy dataset " + path, hdf5::file_of(source_group)));
  const Datatype type(H5Dget_type(from.get()));
  const Datatype memory(H5Tget_native_type(type.get(), H5T_DIR_ASCEND));
  const Dataspace old_space(H5Dget_space(from.get()));
  const int rank = std::max(H5Sget_simple_extent_ndims(old_space.get()), 0);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank)), most(dims.size());
  H5Sget_simple_extent_dims(old_space.get(), dims.data(), most.data());
  const Dataspace space(rank == 0 ? H5Screate(H5S_SCALAR)
                                  : H5Screate_simple(rank, dims.data(), most.data()));
  const PropertyList list = creation_list(from.get(), type.get(), dims);
  const Dataset to(check(H5Dcreate2(target_group, name.c_str(), type.get(), space.get(),
                                    H5P_DEFAULT, list.get(), H5P_DEFAULT),
                         "create dataset " + path, hdf5::file_of(target_group)));
  copy_values(from, to, memory, dims, path);
  copy_attributes(from.get(), to.get(), H5DSis_scale(from.get()) > 0);
  note_scales(from, path, dims.size(), walk);
}

void copy_group(hid_t source, hid_t target, const std::string& path, Walk* walk) {
  for (const std::string& name : hdf5::child_names(source)) {
    const std::string child_path = path + "/" + name;
    if (child_path == "/run/journal") continue;
    H5O_info_t info;
    check(H5Oget_info_by_name(source, name.c_str(), &info, H5P_DEFAULT), "read " + child_path,
          hdf5::file_of(source));
    const auto [place, fresh] = walk->copied.try_emplace(info.addr, child_path);
    if (!fresh) {
      check(H5Lcreate_hard(target, place->second.c_str(), target, name.c_str(), H5P_DEFAULT,
                           H5P_DEFAULT),
            "link " + child_path, hdf5::file_of(target));
    } else if (info.type == H5O_TYPE_DATASET) {
      copy_dataset(source, target, name, child_path, walk);
    } else if (info.type == H5O_TYPE_GROUP) {
      const hdf5::Group from = hdf5::group(source, name);
      const hdf5::Group to = hdf5::group(target, name);
      copy_attributes(from.get(), to.get(), false);
      copy_group(from.get(), to.get(), child_path, walk);
    }
  }
}

}  // namespace

void compact(hid_t source_file, hid_t target_file) {
  hdf5::silence_errors();
  const hdf5::Group from(H5Gopen2(source_file, "/", H5P_DEFAULT));
  const hdf5::Group to(H5Gopen2(target_file, "/", H5P_DEFAULT));
  Walk walk;
  copy_attributes(from.get(), to.get(), false);
  copy_group(from.get(), to.get(), "", &walk);
  for (const std::string& scale : walk.scales) {
    const Dataset dataset(H5Dopen2(target_file, scale.c_str(), H5P_DEFAULT));
    const std::string name = scale.substr(scale.rfind('/') + 1);
    check(H5DSset_scale(dataset.get(), name.c_str()), "make a dimension scale of " + scale,
          hdf5::file_of(target_file));
  }
  for (const ScaleUse& use : walk.uses) {
    const auto scale = walk.copied.find(use.scale);
    if (scale != walk.copied.end()) {
      hdf5::attach_scale(target_file, use.dataset, use.axis, scale->second);
    }
  }
  hdf5::set_attribute(to.get(), "gadolin_complete", std::int64_t{1});
}

}  // namespace gadolin::io
