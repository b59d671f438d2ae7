#include "io/store/datasets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <hdf5_hl.h>

#include "models/core/error.hpp"

namespace gadolin::io::hdf5 {

namespace {

std::uint64_t product(const Shape& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) count *= extent;
  return count;
}

/// Rows of an HDF5 chunk while the file grows: small, since chunks are not compressed then.
constexpr std::uint64_t chunk_bytes = 16384;
constexpr std::uint64_t largest_chunk_rows = 512;

Dataspace simple_space(const Shape& shape) {
  if (shape.empty()) return Dataspace(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return Dataspace(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

PropertyList creation_list() {
  PropertyList list(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_obj_track_times(list.get(), false);
  return list;
}

Datatype enum_type(const CodeTable& table) {
  Datatype type(H5Tenum_create(H5T_STD_I8LE));
  for (const auto& [name, code] : table.codes) {
    const auto value = static_cast<std::int8_t>(code);
    H5Tenum_insert(type.get(), name.c_str(), &value);
  }
  return type;
}

std::string spelled_out(const CodeTable& table) {
  std::string text;
  for (const auto& [name, code] : table.codes) {
    text += (text.empty() ? "" : ", ") + std::to_string(code) + " " + name;
  }
  return text;
}

/// A dataset to write: its type in the file, its bytes in memory and how gaps are filled.
struct Payload {
  hid_t file_type;
  hid_t memory_type;
  const void* data;
  std::size_t element_bytes;
  const void* fill;  ///< in memory_type; nullptr: the library's zero or empty text
};

void remove_existing(hid_t parent, const std::string& name) {
  if (!exists(parent, name)) return;
  check(H5Ldelete(parent, name.c_str(), H5P_DEFAULT), "replace " + name, file_of(parent));
}

void write_payload(hid_t parent, const std::string& name, const Payload& payload,
                   const Shape& shape, const std::string& units) {
  silence_errors();
  remove_existing(parent, name);
  const std::string action = "write dataset " + name;
  const Dataspace space = simple_space(shape);
  const PropertyList list = creation_list();
  const Dataset dataset(check(H5Dcreate2(parent, name.c_str(), payload.file_type, space.get(),
                                         H5P_DEFAULT, list.get(), H5P_DEFAULT),
                              action, file_of(parent)));
  if (product(shape) > 0) {
    check(H5Dwrite(dataset.get(), payload.memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, payload.data),
          action, file_of(parent));
  }
  set_attribute(dataset.get(), "units", units);
}

Dataset create_extendable(hid_t parent, const std::string& name, const Payload& payload,
                          const Shape& row_shape, const std::string& units) {
  const std::uint64_t row_bytes = std::max<std::uint64_t>(1, product(row_shape)) *
                                  std::max<std::size_t>(payload.element_bytes, 1);
  std::vector<hsize_t> dims = {0}, chunk = {std::clamp<std::uint64_t>(chunk_bytes / row_bytes, 1,
                                                                      largest_chunk_rows)};
  for (const std::uint64_t extent : row_shape) {
    dims.push_back(extent);
    chunk.push_back(std::max<std::uint64_t>(extent, 1));
  }
  const std::vector<hsize_t> unlimited(dims.size(), H5S_UNLIMITED);
  const Dataspace space(
      H5Screate_simple(static_cast<int>(dims.size()), dims.data(), unlimited.data()));
  const PropertyList list = creation_list();
  H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data());
  if (payload.fill != nullptr) {
    H5Pset_fill_value(list.get(), payload.memory_type, payload.fill);
  }
  Dataset dataset(check(H5Dcreate2(parent, name.c_str(), payload.file_type, space.get(),
                                   H5P_DEFAULT, list.get(), H5P_DEFAULT),
                        "create column " + name, file_of(parent)));
  set_attribute(dataset.get(), "units", units);
  return dataset;
}

/// Returns true if the column was created by this call.
bool append_payload(hid_t parent, const std::string& name, const Payload& payload,
                    std::uint64_t rows, const Shape& row_shape, const std::string& units) {
  silence_errors();
  const std::string action = "append to column " + name;
  const bool fresh = !exists(parent, name);
  const Dataset dataset =
      fresh ? create_extendable(parent, name, payload, row_shape, units)
            : Dataset(check(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), action, file_of(parent)));
  if (rows == 0) return fresh;
  const std::size_t rank = row_shape.size() + 1;
  std::vector<hsize_t> dims(rank), start(rank, 0), count(rank);
  {
    const Dataspace space(H5Dget_space(dataset.get()));
    if (H5Sget_simple_extent_ndims(space.get()) != static_cast<int>(rank)) {
      throw Error("E-H5-002", "column " + name + " has another rank", file_of(parent),
                  "the file was written by another version");
    }
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  }
  start[0] = dims[0];
  count[0] = rows;
  dims[0] += rows;
  for (std::size_t axis = 1; axis < rank; ++axis) {
    count[axis] = row_shape[axis - 1];
    dims[axis] = std::max<hsize_t>(dims[axis], row_shape[axis - 1]);
  }
  check(H5Dset_extent(dataset.get(), dims.data()), action, file_of(parent));
  const Dataspace file_space(H5Dget_space(dataset.get()));
  const Dataspace memory_space(H5Screate_simple(static_cast<int>(rank), count.data(), nullptr));
  if (product(row_shape) == 0) return fresh;
  H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                      nullptr);
  check(H5Dwrite(dataset.get(), payload.memory_type, memory_space.get(), file_space.get(),
                 H5P_DEFAULT, payload.data),
        action, file_of(parent));
  return fresh;
}

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> list;
  for (const auto& text : texts) list.push_back(text.c_str());
  return list;
}

std::vector<std::int8_t> narrowed(std::span<const int> values) {
  std::vector<std::int8_t> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::int8_t>(value));
  return bytes;
}

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

Payload number_payload(std::span<const double> values) {
  return {H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data(), sizeof(double), &not_a_number};
}
Payload integer_payload(std::span<const std::int64_t> values) {
  return {H5T_STD_I64LE, H5T_NATIVE_INT64, values.data(), sizeof(std::int64_t), nullptr};
}

void require_size(const std::string& name, std::size_t found, std::uint64_t expected) {
  if (found == expected) return;
  throw Error("E-H5-005",
              "column " + name + ": " + std::to_string(found) + " values for a shape of " +
                  std::to_string(expected),
              "", "internal fault of the caller; report it", ExitCode::internal_error);
}

template <class T>
void replace_attribute(hid_t object, const std::string& name, hid_t type, hid_t memory_type,
                       const Dataspace& space, const T* data) {
  silence_errors();
  if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
  const std::string action = "write attribute " + name;
  const Attribute attribute(
      check(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), action,
            file_of(object)));
  check(H5Awrite(attribute.get(), memory_type, data), action, file_of(object));
}

Dataset open_dataset(hid_t parent, const std::string& name) {
  silence_errors();
  return Dataset(
      check(H5Dopen2(parent, name.c_str(), H5P_DEFAULT), "read dataset " + name, file_of(parent)));
}

std::uint64_t element_count(const Dataset& dataset) {
  const Dataspace space(H5Dget_space(dataset.get()));
  return static_cast<std::uint64_t>(
      std::max<hssize_t>(H5Sget_simple_extent_npoints(space.get()), 0));
}

}  // namespace

const CodeTable& value_state_codes() {
  static const CodeTable table{
      {{"measured", 0}, {"below_lod", 1}, {"above_range", 2}, {"not_measured", 3}}, 3};
  return table;
}

const CodeTable& item_status_codes() {
  static const CodeTable table{
      {{"ok", 0}, {"not_converged", 1}, {"out_of_range", 2}, {"singular", 3}}, 1};
  return table;
}

const CodeTable& yes_no_codes() {
  static const CodeTable table{{{"no", 0}, {"yes", 1}}, 0};
  return table;
}

Datatype text_type() {
  Datatype type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

std::vector<std::string> child_names(hid_t group) {
  std::vector<std::string> names;
  H5Literate(
      group, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
      },
      &names);
  return names;
}

std::vector<std::string> attribute_names(hid_t object) {
  std::vector<std::string> names;
  H5Aiterate2(
      object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
      },
      &names);
  return names;
}

bool exists(hid_t parent, const std::string& name) {
  silence_errors();
  return H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0;
}

Group group(hid_t parent, const std::string& name, const std::string& nx_class) {
  silence_errors();
  if (exists(parent, name)) {
    return Group(
        check(H5Gopen2(parent, name.c_str(), H5P_DEFAULT), "open group " + name, file_of(parent)));
  }
  PropertyList list(H5Pcreate(H5P_GROUP_CREATE));
  H5Pset_obj_track_times(list.get(), false);
  Group made(check(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, list.get(), H5P_DEFAULT),
                   "create group " + name, file_of(parent)));
  if (!nx_class.empty()) set_attribute(made.get(), "NX_class", nx_class);
  return made;
}

void set_attribute(hid_t object, const std::string& name, const std::string& text) {
  const Datatype type = text_type();
  const char* pointer = text.c_str();
  replace_attribute(object, name, type.get(), type.get(), simple_space({}), &pointer);
}

void set_attribute(hid_t object, const std::string& name, const char* text) {
  set_attribute(object, name, std::string(text));
}

void set_attribute(hid_t object, const std::string& name, const std::vector<std::string>& texts) {
  const Datatype type = text_type();
  const auto list = pointers(texts);
  replace_attribute(object, name, type.get(), type.get(), simple_space({texts.size()}),
                    list.data());
}

void set_attribute(hid_t object, const std::string& name, std::int64_t number) {
  replace_attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, simple_space({}), &number);
}

void set_attribute(hid_t object, const std::string& name, double number) {
  replace_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, simple_space({}), &number);
}

void set_attribute_of(hid_t parent, const std::string& child, const std::string& name,
                      const std::string& text) {
  const Object object(
      check(H5Oopen(parent, child.c_str(), H5P_DEFAULT), "open " + child, file_of(parent)));
  set_attribute(object.get(), name, text);
}

void write_text(hid_t parent, const std::string& name, const std::string& text) {
  const Datatype type = text_type();
  const char* pointer = text.c_str();
  write_payload(parent, name, {type.get(), type.get(), &pointer, sizeof(char*), nullptr}, {}, "");
}

void write_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts) {
  const Datatype type = text_type();
  const auto list = pointers(texts);
  write_payload(parent, name, {type.get(), type.get(), list.data(), sizeof(char*), nullptr},
                {texts.size()}, "");
}

void write_number(hid_t parent, const std::string& name, double number, const std::string& units) {
  write_payload(parent, name, number_payload({&number, 1}), {}, units);
}

void write_integer(hid_t parent, const std::string& name, std::int64_t number,
                   const std::string& units) {
  write_payload(parent, name, integer_payload({&number, 1}), {}, units);
}

void write_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                   const Shape& shape, const std::string& units) {
  require_size(name, values.size(), product(shape));
  write_payload(parent, name, number_payload(values), shape, units);
}

void write_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                   const std::string& units) {
  write_numbers(parent, name, values, {values.size()}, units);
}

void write_integers(hid_t parent, const std::string& name, std::span<const std::int64_t> values,
                    const std::string& units) {
  write_payload(parent, name, integer_payload(values), {values.size()}, units);
}

void write_codes(hid_t parent, const std::string& name, std::span<const int> values,
                 const Shape& shape, const CodeTable& table) {
  require_size(name, values.size(), product(shape));
  const auto bytes = narrowed(values);
  const Datatype type = enum_type(table);
  write_payload(parent, name, {type.get(), type.get(), bytes.data(), 1, nullptr}, shape, "");
  set_attribute_of(parent, name, "codes", spelled_out(table));
}

void write_code(hid_t parent, const std::string& name, int value, const CodeTable& table) {
  write_codes(parent, name, {&value, 1}, {}, table);
}

void append_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                    std::uint64_t rows, const Shape& row_shape, const std::string& units) {
  require_size(name, values.size(), rows * product(row_shape));
  append_payload(parent, name, number_payload(values), rows, row_shape, units);
}

void append_integers(hid_t parent, const std::string& name, std::span<const std::int64_t> values,
                     const std::string& units) {
  append_payload(parent, name, integer_payload(values), values.size(), {}, units);
}

void append_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts) {
  const Datatype type = text_type();
  const auto list = pointers(texts);
  append_payload(parent, name, {type.get(), type.get(), list.data(), sizeof(hvl_t), nullptr},
                 texts.size(), {}, "");
}

void append_codes(hid_t parent, const std::string& name, std::span<const int> values,
                  std::uint64_t rows, const Shape& row_shape, const CodeTable& table) {
  require_size(name, values.size(), rows * product(row_shape));
  const auto bytes = narrowed(values);
  const auto missing = static_cast<std::int8_t>(table.missing);
  const Datatype type = enum_type(table);
  if (append_payload(parent, name, {type.get(), type.get(), bytes.data(), 1, &missing}, rows,
                     row_shape, "")) {
    set_attribute_of(parent, name, "codes", spelled_out(table));
  }
}

void make_scale(hid_t parent, const std::string& name) {
  const Dataset dataset = open_dataset(parent, name);
  if (H5DSis_scale(dataset.get()) > 0) return;
  check(H5DSset_scale(dataset.get(), name.c_str()), "make a dimension scale of " + name,
        file_of(parent));
}

void attach_scale(hid_t parent, const std::string& dataset, unsigned axis,
                  const std::string& scale) {
  const Dataset target = open_dataset(parent, dataset);
  const Dataset scale_dataset = open_dataset(parent, scale);
  if (H5DSis_attached(target.get(), scale_dataset.get(), axis) > 0) return;
  check(H5DSattach_scale(target.get(), scale_dataset.get(), axis),
        "attach the scale " + scale + " to " + dataset, file_of(parent));
}

Shape shape_of(hid_t parent, const std::string& name) {
  const Dataset dataset = open_dataset(parent, name);
  const Dataspace space(H5Dget_space(dataset.get()));
  const int rank = std::max(H5Sget_simple_extent_ndims(space.get()), 0);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
  return Shape(dims.begin(), dims.end());
}

std::vector<double> read_numbers(hid_t parent, const std::string& name) {
  const Dataset dataset = open_dataset(parent, name);
  std::vector<double> values(element_count(dataset));
  check(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
        "read dataset " + name, file_of(parent));
  return values;
}

std::vector<std::int64_t> read_integers(hid_t parent, const std::string& name) {
  const Dataset dataset = open_dataset(parent, name);
  std::vector<std::int64_t> values(element_count(dataset));
  const Datatype type(H5Dget_type(dataset.get()));
  if (H5Tget_class(type.get()) == H5T_ENUM) {
    std::vector<std::int8_t> bytes(values.size());
    check(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()),
          "read dataset " + name, file_of(parent));
    std::copy(bytes.begin(), bytes.end(), values.begin());
    return values;
  }
  check(H5Dread(dataset.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
        "read dataset " + name, file_of(parent));
  return values;
}

std::vector<std::string> read_texts(hid_t parent, const std::string& name) {
  const Dataset dataset = open_dataset(parent, name);
  const Datatype stored(H5Dget_type(dataset.get()));
  if (H5Tis_variable_str(stored.get()) <= 0) {
    throw Error("E-H5-002", "dataset " + name + " holds no text", file_of(parent),
                "the file was written by another program or version");
  }
  const Datatype type = text_type();
  const Dataspace space(H5Dget_space(dataset.get()));
  std::vector<char*> raw(element_count(dataset), nullptr);
  check(H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()),
        "read dataset " + name, file_of(parent));
  std::vector<std::string> texts;
  for (const char* text : raw) texts.emplace_back(text == nullptr ? "" : text);
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, raw.data());
  return texts;
}

std::string read_text(hid_t parent, const std::string& name) {
  const auto texts = read_texts(parent, name);
  return texts.empty() ? "" : texts.front();
}

std::string read_text_attribute(hid_t object, const std::string& name) {
  silence_errors();
  if (H5Aexists(object, name.c_str()) <= 0) return "";
  const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  const Datatype stored(H5Aget_type(attribute.get()));
  const Dataspace space(H5Aget_space(attribute.get()));
  if (H5Tis_variable_str(stored.get()) <= 0 || H5Sget_simple_extent_npoints(space.get()) != 1) {
    return "";
  }
  const Datatype type = text_type();
  char* raw = nullptr;
  check(H5Aread(attribute.get(), type.get(), &raw), "read attribute " + name, file_of(object));
  std::string text = raw == nullptr ? "" : raw;
  H5free_memory(raw);
  return text;
}

std::int64_t read_integer_attribute(hid_t object, const std::string& name, std::int64_t otherwise) {
  silence_errors();
  if (H5Aexists(object, name.c_str()) <= 0) return otherwise;
  const Attribute attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT));
  std::int64_t number = otherwise;
  return H5Aread(attribute.get(), H5T_NATIVE_INT64, &number) < 0 ? otherwise : number;
}

}  // namespace gadolin::io::hdf5
