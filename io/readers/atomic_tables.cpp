#include "io/readers/atomic_tables.hpp"

#include <charconv>
#include <string_view>
#include <vector>

#include "io/readers/file_bytes.hpp"

namespace gadolin::io {

namespace {

/// Calls use(name, numbers, place) for every data line of a CSV with `columns` columns, the first
/// of them a word; lines starting with # and the heading are passed over.
template <class Use>
void each_line(const std::string& path, std::size_t columns, Use&& use) {
  const std::string bytes = read_file(path, "atomic table").bytes;
  std::string_view rest = bytes;
  int number = 0;
  bool heading = true;
  std::vector<double> values;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    if (heading) {
      heading = false;
      continue;
    }
    const std::string place = path + ":" + std::to_string(number);
    const auto comma = line.find(',');
    const std::string name(line.substr(0, comma));
    values.clear();
    std::string_view fields = comma == std::string_view::npos ? "" : line.substr(comma + 1);
    bool good = comma != std::string_view::npos && !name.empty();
    while (good && !fields.empty()) {
      const auto next = fields.find(',');
      const std::string_view field = fields.substr(0, next);
      double value = 0.0;
      const auto [stop, code] = std::from_chars(field.data(), field.data() + field.size(), value);
      good = code == std::errc{} && stop == field.data() + field.size();
      values.push_back(value);
      fields = next == std::string_view::npos ? std::string_view{} : fields.substr(next + 1);
    }
    if (!good || values.size() + 1 != columns) {
      throw Error("E-ATOM-001",
                  "expected a name and " + std::to_string(columns - 1) + " numbers, found '" +
                      std::string(line.substr(0, 60)) + "'",
                  place, "restore the file or run scripts/convert_atomic_tables.py again");
    }
    use(name, values, place);
  }
}

void read_energy_table(const std::string& path,
                       std::map<std::string, diffraction::AtomicTables::EnergyTable>& tables) {
  each_line(path, 4,
            [&](const std::string& element, const std::vector<double>& v, const std::string& at) {
              auto& table = tables[element];
              if (!table.energy_ev.empty() && v[0] <= table.energy_ev.back()) {
                throw Error("E-ATOM-001", "energies of " + element + " do not increase", at,
                            "restore the file or run scripts/convert_atomic_tables.py again");
              }
              table.energy_ev.push_back(v[0]);
              table.first.push_back(v[1]);
              table.second.push_back(v[2]);
            });
}

}  // namespace

diffraction::AtomicTables read_atomic_tables(const std::string& folder) {
  diffraction::AtomicTables tables;
  each_line(folder + "/f0_waasmaier_kirfel.csv", 12,
            [&](const std::string& species, const std::vector<double>& v, const std::string&) {
              auto& f = tables.form_factors[species];
              for (std::size_t i = 0; i < 5; ++i) {
                f.a[i] = v[i];
                f.b[i] = v[6 + i];
              }
              f.c = v[5];
            });
  read_energy_table(folder + "/dispersion_cromer_liberman.csv", tables.dispersion);
  read_energy_table(folder + "/attenuation_mcmaster.csv", tables.attenuation);
  return tables;
}

}  // namespace gadolin::io
