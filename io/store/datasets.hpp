#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/store/hdf5.hpp"

/// How numbers, texts and codes lie in a result file; every other header of io/store writes through
/// these. Names, units and states: docs/formats/result_file.md.
///   numbers   float64, NaN where a state says there is no number
///   integers  int64
///   texts     UTF-8, variable length
///   codes     an HDF5 enumeration of int8 with an attribute `codes` that spells it out
/// A write replaces what stood there; an append adds rows on axis 0. Each dataset has `units`
/// ("" for texts and codes, "1" for pure numbers). No object carries a time stamp.
/// fails: Error of io/store/hdf5.hpp
namespace gadolin::io::hdf5 {

using Shape = std::vector<std::uint64_t>;

/// Meaning of a code column; `missing` fills rows nobody wrote.
struct CodeTable {
  std::vector<std::pair<std::string, int>> codes;
  int missing = 0;
};
/// measured, below_lod, above_range, not_measured (models/core/quantity.hpp).
const CodeTable& value_state_codes();
/// ok, not_converged, out_of_range, singular (kernels/exec/item_status.hpp).
const CodeTable& item_status_codes();
/// no, yes.
const CodeTable& yes_no_codes();

bool exists(hid_t parent, const std::string& name);
/// Opens the group, creating it (and its class attribute) if absent. nx_class "" = none.
Group group(hid_t parent, const std::string& name, const std::string& nx_class = "");

/// Names of a group's links and of an object's attributes, in alphabetical order.
std::vector<std::string> child_names(hid_t group);
std::vector<std::string> attribute_names(hid_t object);

void set_attribute(hid_t object, const std::string& name, const std::string& text);
void set_attribute(hid_t object, const std::string& name, const char* text);
void set_attribute(hid_t object, const std::string& name, const std::vector<std::string>& texts);
void set_attribute(hid_t object, const std::string& name, std::int64_t number);
void set_attribute(hid_t object, const std::string& name, double number);
/// Attribute of a child: set_attribute_of(group, "two_theta", "long_name", "2theta").
void set_attribute_of(hid_t parent, const std::string& child, const std::string& name,
                      const std::string& text);

void write_text(hid_t parent, const std::string& name, const std::string& text);
void write_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts);
void write_number(hid_t parent, const std::string& name, double number, const std::string& units);
void write_integer(hid_t parent, const std::string& name, std::int64_t number,
                   const std::string& units);
/// values [shape], row-major; the product of shape must be values.size()
void write_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                   const Shape& shape, const std::string& units);
void write_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                   const std::string& units);
void write_integers(hid_t parent, const std::string& name, std::span<const std::int64_t> values,
                    const std::string& units);
void write_codes(hid_t parent, const std::string& name, std::span<const int> values,
                 const Shape& shape, const CodeTable& table);
void write_code(hid_t parent, const std::string& name, int value, const CodeTable& table);

/// values [rows, row_shape]; creates the extendable dataset at the first call. A row wider than
/// before widens the dataset; older rows then hold NaN, "" or the table's `missing`.
void append_numbers(hid_t parent, const std::string& name, std::span<const double> values,
                    std::uint64_t rows, const Shape& row_shape, const std::string& units);
void append_integers(hid_t parent, const std::string& name, std::span<const std::int64_t> values,
                     const std::string& units);
void append_texts(hid_t parent, const std::string& name, const std::vector<std::string>& texts);
void append_codes(hid_t parent, const std::string& name, std::span<const int> values,
                  std::uint64_t rows, const Shape& row_shape, const CodeTable& table);

/// Turns a 1-D dataset into a dimension scale, and attaches it to an axis of another.
void make_scale(hid_t parent, const std::string& name);
void attach_scale(hid_t parent, const std::string& dataset, unsigned axis,
                  const std::string& scale);

Shape shape_of(hid_t parent, const std::string& name);
std::vector<double> read_numbers(hid_t parent, const std::string& name);
std::vector<std::int64_t> read_integers(hid_t parent, const std::string& name);
/// Rows of a text column; one element for a scalar.
std::vector<std::string> read_texts(hid_t parent, const std::string& name);
std::string read_text(hid_t parent, const std::string& name);
/// "" if the attribute is absent.
std::string read_text_attribute(hid_t object, const std::string& name);
std::int64_t read_integer_attribute(hid_t object, const std::string& name, std::int64_t otherwise);

/// Variable-length UTF-8 string type of every text.
Datatype text_type();

}  // namespace gadolin::io::hdf5
