#include "io/store/schema.hpp"

#include <limits>

namespace gadolin::io {

namespace {

struct QuantityColumns {
  std::vector<double> value, errors, lod, limit;
  std::vector<int> state;
};

QuantityColumns columns_of(std::span<const Quantity> values, double scale) {
  QuantityColumns columns;
  for (const Quantity& quantity : values) {
    const bool measured = quantity.state == ValueState::measured;
    const bool above = quantity.state == ValueState::above_range;
    columns.value.push_back(measured ? quantity.value * scale : no_number());
    columns.errors.push_back(measured && quantity.u_known ? quantity.u_value * scale : no_number());
    columns.lod.push_back(quantity.lod > 0.0 ? quantity.lod * scale : no_number());
    columns.limit.push_back(above ? quantity.value * scale : no_number());
    columns.state.push_back(static_cast<int>(quantity.state));
  }
  return columns;
}

void write_columns(hid_t parent, const std::string& name, const QuantityColumns& columns,
                   const hdf5::Shape& shape, const std::string& units) {
  hdf5::write_numbers(parent, name, columns.value, shape, units);
  hdf5::write_numbers(parent, name + "_errors", columns.errors, shape, units);
  hdf5::write_numbers(parent, name + "_lod", columns.lod, shape, units);
  hdf5::write_numbers(parent, name + "_limit", columns.limit, shape, units);
  hdf5::write_codes(parent, name + "_state", columns.state, shape, hdf5::value_state_codes());
}

}  // namespace

double no_number() { return std::numeric_limits<double>::quiet_NaN(); }

void write_quantities(hid_t parent, const std::string& name, std::span<const Quantity> values,
                      const std::string& units, double scale) {
  write_columns(parent, name, columns_of(values, scale), {values.size()}, units);
}

void write_quantity(hid_t parent, const std::string& name, const Quantity& value,
                    const std::string& units, double scale) {
  write_columns(parent, name, columns_of({&value, 1}, scale), {}, units);
}

void write_warnings(hid_t parent, const std::vector<Warning>& warnings) {
  const hdf5::Group table = hdf5::group(parent, "warnings", "NXcollection");
  std::vector<std::string> codes, texts;
  for (const Warning& warning : warnings) {
    codes.push_back(warning.code);
    texts.push_back(warning.text);
  }
  hdf5::write_texts(table.get(), "code", codes);
  hdf5::write_texts(table.get(), "text", texts);
}

void mark_plot(hid_t group, const std::string& signal, const std::vector<std::string>& axes,
               const std::vector<std::string>& others) {
  hdf5::set_attribute(group, "signal", signal);
  hdf5::set_attribute(group, "axes", axes);
  if (!others.empty()) hdf5::set_attribute(group, "auxiliary_signals", others);
}

}  // namespace gadolin::io
