#include "app/origin_setup.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/result_json.hpp"
#include "io/config/data_dir.hpp"
#include "io/readers/origin_library.hpp"

namespace gadolin::app {

origin::Library load_origin_library(const std::string& path, std::vector<InputFile>& inputs) {
  const std::string data_dir = config::find_data_dir();
  std::vector<InputFile> records;
  auto library = io::read_origin_library(path.empty() ? data_dir + "/origin" : path,
                                         data_dir + "/normalisers/normalisers.csv", &records);
  inputs.insert(inputs.end(), records.begin(), records.end());
  return library;
}

origin::SampleInput origin_input(const assay::AssaySample& sample, const std::string& material_kind,
                                 const std::string& process_level) {
  origin::SampleInput input;
  input.id = sample.id;
  input.material_kind = material_kind;
  input.process_level = process_level;
  for (const auto& value : sample.values) {
    input.elements.push_back(value.element);
    input.mass_fraction.push_back(value.mass_fraction);
  }
  return input;
}

std::string origin_summary(const origin::OriginResult& result) {
  std::string text =
      fmt::format("{}: {}\n  {}\n", result.id, result.conclusion, result.conclusion_text);
  if (result.elements_used.empty()) return text;  // nothing was compared: posteriors are priors
  const std::size_t most = std::min<std::size_t>(5, result.sources.size());
  for (std::size_t i = 0; i < most; ++i) {
    const auto& source = result.sources[i];
    if (source.posterior < 0.005) break;
    text += fmt::format("  {:36} {}, typicality {}\n", source.name,
                        probability_text("posterior", source.posterior),
                        probability_text("p", source.typicality_p));
  }
  text +=
      fmt::format("  {:36} {} (prior {:.2f})\n", "none of these",
                  probability_text("posterior", result.posterior_unknown), result.prior_unknown);
  return text;
}

}  // namespace gadolin::app
