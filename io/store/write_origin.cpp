#include <algorithm>

#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// Answers of the origin model: /sample_<id>/provenance, and /batch_origin for whole tables.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;
using origin::OriginResult;
using origin::SourceScore;

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

double comparable_or_nan(const SourceScore& source, double value) {
  return source.comparable ? value : no_number();
}

void write_sources(hid_t parent, const std::vector<SourceScore>& sources) {
  const Group table = group(parent, "candidates", "NXcollection");
  const hid_t id = table.get();
  std::vector<std::string> deposits, names, grades;
  std::vector<double> posterior, log10_likelihood, typicality_p, log10_lr;
  std::vector<std::int64_t> sets, common;
  std::vector<int> mean_only, comparable, in_china;
  for (const SourceScore& source : sources) {
    deposits.push_back(source.deposit_id);
    names.push_back(source.name);
    grades.push_back(to_string(source.worst_grade));
    posterior.push_back(source.posterior);
    log10_likelihood.push_back(comparable_or_nan(source, source.log10_likelihood));
    typicality_p.push_back(comparable_or_nan(source, source.typicality_p));
    log10_lr.push_back(comparable_or_nan(source, source.log10_lr));
    sets.push_back(source.sets);
    common.push_back(source.common_elements);
    mean_only.push_back(source.mean_only ? 1 : 0);
    comparable.push_back(source.comparable ? 1 : 0);
    in_china.push_back(source.in_china ? 1 : 0);
  }
  hdf5::write_texts(id, "deposit_id", deposits);
  hdf5::write_texts(id, "name", names);
  hdf5::write_numbers(id, "posterior", posterior, "1");
  hdf5::write_numbers(id, "log10_likelihood", log10_likelihood, "1");
  hdf5::write_numbers(id, "typicality_p", typicality_p, "1");
  hdf5::write_numbers(id, "log10_lr", log10_lr, "1");
  hdf5::write_integers(id, "sets", sets, "1");
  hdf5::write_integers(id, "common_elements", common, "1");
  hdf5::write_codes(id, "mean_only", mean_only, {mean_only.size()}, hdf5::yes_no_codes());
  hdf5::write_codes(id, "comparable", comparable, {comparable.size()}, hdf5::yes_no_codes());
  hdf5::write_codes(id, "in_china", in_china, {in_china.size()}, hdf5::yes_no_codes());
  hdf5::write_texts(id, "worst_grade", grades);
}

/// What a viewer draws: every candidate and "none of these", largest first.
void write_plot(hid_t parent, const OriginResult& result) {
  const Group plot = group(parent, "posterior", "NXdata");
  std::vector<std::pair<double, std::string>> bars;
  for (const SourceScore& source : result.sources) {
    bars.emplace_back(source.posterior, source.name);
  }
  bars.emplace_back(result.posterior_unknown, "none of these");
  std::stable_sort(bars.begin(), bars.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<double> posterior;
  std::vector<std::string> names;
  std::vector<std::int64_t> rank;
  for (const auto& [value, name] : bars) {
    posterior.push_back(value);
    names.push_back(name);
    rank.push_back(static_cast<std::int64_t>(rank.size()) + 1);
  }
  hdf5::write_numbers(plot.get(), "posterior", posterior, "1");
  hdf5::write_texts(plot.get(), "source", names);
  hdf5::write_integers(plot.get(), "rank", rank, "1");
  hdf5::make_scale(plot.get(), "rank");
  hdf5::attach_scale(plot.get(), "posterior", 0, "rank");
  mark_plot(plot.get(), "posterior", {"rank"});
}

}  // namespace

void ResultFile::write_origin(const std::string& sample_id, const OriginResult& result) {
  const Group made = entry(sample_id, "provenance");
  const Group process = group(made.get(), "provenance", "NXprocess");
  const hid_t id = process.get();
  hdf5::write_text(id, "program", "gadolin");
  hdf5::write_integer(id, "sequence_index", 2, "1");
  hdf5::write_text(id, "conclusion", result.conclusion);
  hdf5::write_text(id, "conclusion_text", result.conclusion_text);
  hdf5::write_number(id, "none_of_these", result.posterior_unknown, "1");
  hdf5::write_number(id, "prior_none_of_these", result.prior_unknown, "1");
  hdf5::write_number(id, "posterior_in_china", result.posterior_in_china, "1");
  hdf5::write_number(id, "log10_likelihood_none_of_these", result.log10_likelihood_unknown, "1");
  hdf5::write_number(id, "log10_lr_clamp", result.log10_lr_clamp, "1");
  hdf5::write_number(id, "largest_typicality_p", result.largest_typicality_p, "1");
  hdf5::write_texts(id, "elements_used", result.elements_used);
  hdf5::write_texts(id, "elements_censored", result.elements_censored);
  hdf5::write_texts(id, "elements_left_out", result.elements_left_out);
  hdf5::write_text(id, "process_level", result.process_level);
  write_quantity(id, "eu_anomaly", result.eu_anomaly, "1");
  write_quantity(id, "ce_anomaly", result.ce_anomaly, "1");
  write_quantity(id, "y_ho_ratio", result.y_ho_ratio, "1");
  write_quantity(id, "la_yb_n", result.la_yb_n, "1");
  hdf5::write_text(id, "normaliser", result.normaliser);
  hdf5::write_text(id, "calibration_id", result.calibration_id);
  hdf5::write_integer(id, "seed", static_cast<std::int64_t>(result.seed), "1");
  hdf5::write_integer(id, "draws", result.draws, "1");
  hdf5::write_number(id, "effective_sample_size",
                     result.draws > 0 ? result.effective_sample_size : no_number(), "1");
  const Group library = group(id, "library", "NXcollection");
  hdf5::write_text(library.get(), "name", result.library_name);
  hdf5::write_text(library.get(), "version", result.library_version);
  hdf5::write_text(library.get(), "sha256", result.library_sha256);
  write_sources(id, result.sources);

  const Group groups = group(id, "groups", "NXcollection");
  std::vector<std::string> members;
  std::vector<double> posterior;
  for (const auto& candidate : result.groups) {
    members.push_back(joined(candidate.deposit_ids, ", "));
    posterior.push_back(candidate.posterior);
  }
  hdf5::write_texts(groups.get(), "deposit_ids", members);
  hdf5::write_numbers(groups.get(), "posterior", posterior, "1");
  write_plot(id, result);
  hdf5::set_attribute(id, "default", "posterior");
  write_warnings(id, result.warnings);
  set_default(sample_id, "provenance", 2);
  add_journal("sample " + sample_id + " provenance", 0, 0);
}

void ResultFile::append_origins(std::span<const OriginResult> results) {
  holds_results_ = true;
  const bool fresh = !hdf5::exists(file_.get(), "batch_origin");
  const Group batch = group(file_.get(), "batch_origin", "NXentry");
  const hid_t id = batch.get();
  std::vector<std::string> ids, conclusions, texts, used, new_sources;
  std::vector<std::int64_t> items, warned;
  std::vector<double> none, in_china;
  std::vector<std::string> codes, warning_texts;
  for (const OriginResult& result : results) {
    const std::int64_t item = origin_items_ + static_cast<std::int64_t>(items.size());
    items.push_back(item);
    ids.push_back(result.id);
    conclusions.push_back(result.conclusion);
    texts.push_back(result.conclusion_text);
    used.push_back(joined(result.elements_used, " "));
    none.push_back(result.posterior_unknown);
    in_china.push_back(result.posterior_in_china);
    for (const Warning& warning : result.warnings) {
      warned.push_back(item);
      codes.push_back(warning.code);
      warning_texts.push_back(warning.text);
    }
    // The columns are the deposits in the order of their ids within the first chunk that names
    // them, so that they do not depend on which is likeliest.
    std::vector<std::string> named;
    for (const SourceScore& source : result.sources) named.push_back(source.deposit_id);
    std::sort(named.begin(), named.end());
    for (const auto& name : named) {
      if (std::find(origin_sources_.begin(), origin_sources_.end(), name) !=
          origin_sources_.end()) {
        continue;
      }
      origin_sources_.push_back(name);
      new_sources.push_back(name);
    }
  }
  std::vector<double> posterior, log10_lr, typicality_p;
  for (const OriginResult& result : results) {
    for (const auto& name : origin_sources_) {
      const auto place =
          std::find_if(result.sources.begin(), result.sources.end(),
                       [&](const SourceScore& source) { return source.deposit_id == name; });
      const bool known = place != result.sources.end();
      posterior.push_back(known ? place->posterior : no_number());
      log10_lr.push_back(known ? comparable_or_nan(*place, place->log10_lr) : no_number());
      typicality_p.push_back(known ? comparable_or_nan(*place, place->typicality_p) : no_number());
    }
  }
  const hdf5::Shape row = {origin_sources_.size()};
  hdf5::append_integers(id, "item", items, "1");
  hdf5::append_texts(id, "source", new_sources);
  hdf5::append_texts(id, "id", ids);
  hdf5::append_texts(id, "conclusion", conclusions);
  hdf5::append_texts(id, "conclusion_text", texts);
  hdf5::append_texts(id, "elements_used", used);
  hdf5::append_numbers(id, "none_of_these", none, none.size(), {}, "1");
  hdf5::append_numbers(id, "posterior_in_china", in_china, in_china.size(), {}, "1");
  hdf5::append_numbers(id, "posterior", posterior, items.size(), row, "1");
  hdf5::append_numbers(id, "log10_lr", log10_lr, items.size(), row, "1");
  hdf5::append_numbers(id, "typicality_p", typicality_p, items.size(), row, "1");
  const Group warnings = group(id, "warnings", "NXcollection");
  hdf5::append_integers(warnings.get(), "item", warned, "1");
  hdf5::append_texts(warnings.get(), "code", codes);
  hdf5::append_texts(warnings.get(), "text", warning_texts);
  if (fresh) {
    hdf5::write_text(id, "title", "Origin of many samples");
    hdf5::make_scale(id, "item");
    hdf5::make_scale(id, "source");
    for (const char* name : {"id", "conclusion", "conclusion_text", "elements_used",
                             "none_of_these", "posterior_in_china"}) {
      hdf5::attach_scale(id, name, 0, "item");
    }
    for (const char* name : {"posterior", "log10_lr", "typicality_p"}) {
      hdf5::attach_scale(id, name, 0, "item");
      hdf5::attach_scale(id, name, 1, "source");
    }
    const Group plot = group(id, "plot", "NXdata");
    H5Lcreate_hard(id, "none_of_these", plot.get(), "none_of_these", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(id, "item", plot.get(), "item", H5P_DEFAULT, H5P_DEFAULT);
    mark_plot(plot.get(), "none_of_these", {"item"});
    hdf5::set_attribute(id, "default", "plot");
    if (!has_root_default_) {
      const Group root(H5Gopen2(file_.get(), "/", H5P_DEFAULT));
      hdf5::set_attribute(root.get(), "default", "batch_origin");
      has_root_default_ = true;
    }
  }
  add_journal("batch_origin", origin_items_, static_cast<std::int64_t>(results.size()));
  origin_items_ += static_cast<std::int64_t>(results.size());
}

}  // namespace gadolin::io
