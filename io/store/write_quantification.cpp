#include <algorithm>

#include "io/store/quantification.hpp"
#include "io/store/schema.hpp"

namespace gadolin::io {

namespace {

using diffraction::AbsolutePart;
using diffraction::AbsoluteResult;
using diffraction::PatternResult;
using hdf5::group;
using hdf5::Group;

/// The columns a list of parts becomes; nullptr stands for "not asked for".
struct PartColumns {
  std::vector<double> value, stat, total, limit, estimate;
  std::vector<int> state;

  void add(const AbsolutePart* part) {
    const bool known = part != nullptr;
    const bool measured = known && part->state == ValueState::measured;
    value.push_back(measured ? part->weight_fraction : no_number());
    stat.push_back(known ? part->u_stat : no_number());
    total.push_back(known ? part->u_total : no_number());
    limit.push_back(known && !measured ? part->limit_95 : no_number());
    estimate.push_back(known ? part->weight_fraction : no_number());
    state.push_back(static_cast<int>(known ? part->state : ValueState::not_measured));
  }
  /// Name, values: NAME, NAME_errors, _u_total, _limit_95, _estimate.
  std::vector<std::pair<std::string, const std::vector<double>*>> numbers(
      const std::string& name) const {
    return {{name, &value},
            {name + "_errors", &stat},
            {name + "_u_total", &total},
            {name + "_limit_95", &limit},
            {name + "_estimate", &estimate}};
  }
};

const AbsolutePart* find_part(const AbsoluteResult* absolute, const std::string& name) {
  if (absolute == nullptr) return nullptr;
  const auto found = std::find_if(absolute->parts.begin(), absolute->parts.end(),
                                  [&](const AbsolutePart& part) { return part.name == name; });
  return found == absolute->parts.end() ? nullptr : &*found;
}

const AbsoluteResult* first_absolute(const PatternResult& result) {
  for (const auto& absolute : result.quantification.absolute) {
    if (!absolute.parts.empty()) return &absolute;
  }
  return nullptr;
}

void write_absolute(hid_t parent, const AbsoluteResult& absolute, const std::string& name) {
  const Group made = group(parent, name, "NXcollection");
  const hid_t id = made.get();
  hdf5::write_text(id, "method", absolute.method);
  hdf5::write_text(id, "basis", absolute.basis);
  hdf5::write_number(id, "factor", absolute.factor, "1");
  hdf5::write_number(id, "factor_errors", absolute.u_factor, "1");
  std::vector<std::string> names;
  PartColumns columns;
  for (const auto& part : absolute.parts) {
    names.push_back(part.name);
    columns.add(&part);
  }
  hdf5::write_texts(id, "part", names);
  hdf5::make_scale(id, "part");
  for (const auto& [column, values] : columns.numbers("weight_fraction")) {
    hdf5::write_numbers(id, column, *values, "1");
    hdf5::attach_scale(id, column, 0, "part");
  }
  hdf5::set_attribute_of(id, "weight_fraction", "long_name",
                         "of the original sample, the standard taken out");
  hdf5::write_codes(id, "weight_fraction_state", columns.state, {names.size()},
                    hdf5::value_state_codes());
  hdf5::write_numbers(id, "covariance_total", absolute.covariance_total,
                      {names.size(), names.size()}, "1");
}

void write_contrast(hid_t parent, const diffraction::ContrastResult& contrast) {
  const Group made = group(parent, "contrast", "NXcollection");
  const hid_t id = made.get();
  std::vector<std::string> names;
  std::vector<double> diameter, value, tau, fraction;
  for (const auto& phase : contrast.phases) {
    names.push_back(phase.phase);
    diameter.push_back(phase.diameter_um);
    value.push_back(phase.contrast);
    tau.push_back(phase.tau);
    fraction.push_back(phase.weight_fraction);
  }
  hdf5::write_code(id, "valid", contrast.valid ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_code(id, "diameter_assumed", contrast.assumed ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_number(id, "mu_mixture", contrast.mu_mix_per_cm, "1/cm");
  hdf5::write_texts(id, "phase", names);
  hdf5::write_numbers(id, "diameter", diameter, "um");
  hdf5::write_numbers(id, "contrast", value, "1");
  hdf5::write_numbers(id, "tau", tau, "1");
  hdf5::write_numbers(id, "weight_fraction", fraction, "1");
  hdf5::set_attribute_of(id, "contrast", "long_name", "(mu of the phase - mu of the mixture) D");
  hdf5::set_attribute_of(id, "weight_fraction", "long_name",
                         "corrected after Brindley, of the crystalline modelled part");
}

void write_closure(hid_t parent, const PatternResult& result,
                   const diffraction::ClosureResult& closure) {
  const Group made = group(parent, "closure", "NXcollection");
  const hid_t id = made.get();
  hdf5::write_number(id, "chi_square", closure.chi_square, "1");
  hdf5::write_integer(id, "degrees_of_freedom", closure.degrees_of_freedom, "1");
  hdf5::write_number(id, "p_value", closure.p_value, "1");
  std::vector<std::string> elements, phases;
  std::vector<double> predicted, u_predicted, assay, u_assay;
  for (const auto& element : closure.elements) {
    elements.push_back(element.element);
    predicted.push_back(element.predicted);
    u_predicted.push_back(element.u_predicted);
    assay.push_back(element.assay);
    u_assay.push_back(element.u_assay);
  }
  hdf5::write_texts(id, "element", elements);
  hdf5::write_numbers(id, "predicted", predicted, "1");
  hdf5::write_numbers(id, "predicted_errors", u_predicted, "1");
  hdf5::write_numbers(id, "assay", assay, "1");
  hdf5::write_numbers(id, "assay_errors", u_assay, "1");
  for (const auto& phase : result.phases) phases.push_back(phase.name);
  hdf5::write_texts(id, "phase", phases);
  hdf5::write_numbers(id, "joint_weight_fraction", closure.joint_weight_fraction, "1");
  hdf5::write_numbers(id, "joint_weight_fraction_errors", closure.u_joint, "1");
  hdf5::set_attribute_of(id, "predicted", "long_name", "mass fraction by the phases");
  hdf5::set_attribute_of(id, "joint_weight_fraction", "long_name",
                         "phases and assay together, beside the fractions of the refinement");
}

void write_summation(hid_t parent, const PatternResult& result,
                     const diffraction::SummationResult& sum) {
  const Group made = group(parent, "summation", "NXcollection");
  const hid_t id = made.get();
  hdf5::write_text(id, "library", sum.library);
  hdf5::write_integer(id, "references", sum.references, "1");
  hdf5::write_code(id, "searched", sum.searched ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_number(id, "shift", sum.shift_deg, "deg");
  std::vector<std::string> phases, alternatives;
  for (std::size_t p = 0; p < result.phases.size(); ++p) {
    phases.push_back(result.phases[p].name);
    std::string list;
    if (p < sum.not_told_apart.size()) {
      for (const auto& other : sum.not_told_apart[p]) list += (list.empty() ? "" : ", ") + other;
    }
    alternatives.push_back(list);
  }
  hdf5::write_texts(id, "phase", phases);
  hdf5::write_numbers(id, "own_shift", sum.own_shift_deg, "deg");
  hdf5::write_texts(id, "not_told_apart", alternatives);
  hdf5::write_texts(id, "not_found", sum.not_found);
  hdf5::write_numbers(id, "not_found_lod", sum.not_found_lod, "1");
}

/// Humps, blank, calibrations and intensity ratios, each a small table.
void write_parts(hid_t parent, const diffraction::Quantification& more) {
  if (!more.humps.empty()) {
    const Group made = group(parent, "humps", "NXcollection");
    std::vector<std::string> names;
    std::vector<double> centre, width, area, u;
    for (const auto& hump : more.humps) {
      names.push_back(hump.name);
      centre.push_back(hump.centre_deg);
      width.push_back(hump.fwhm_deg);
      area.push_back(hump.area);
      u.push_back(hump.u_area);
    }
    hdf5::write_texts(made.get(), "name", names);
    hdf5::write_numbers(made.get(), "centre", centre, "deg");
    hdf5::write_numbers(made.get(), "fwhm", width, "deg");
    hdf5::write_numbers(made.get(), "area", area, "counts deg");
    hdf5::write_numbers(made.get(), "area_errors", u, "counts deg");
  }
  for (const auto& blank : more.blank) {
    const Group made = group(parent, "blank", "NXcollection");
    hdf5::write_text(made.get(), "file", blank.file);
    hdf5::write_number(made.get(), "scale", blank.scale, "1");
    hdf5::write_number(made.get(), "scale_errors", blank.u_scale, "1");
  }
  if (!more.calibrated.empty()) {
    const Group made = group(parent, "calibrated", "NXcollection");
    std::vector<std::string> phases, sources;
    std::vector<double> zmv, u;
    for (const auto& one : more.calibrated) {
      phases.push_back(one.phase);
      sources.push_back(one.source);
      zmv.push_back(one.zmv);
      u.push_back(one.zmv * one.u_relative);
    }
    hdf5::write_texts(made.get(), "phase", phases);
    hdf5::write_numbers(made.get(), "zmv", zmv, "g/mol angstrom^3");
    hdf5::write_numbers(made.get(), "zmv_errors", u, "g/mol angstrom^3");
    hdf5::write_texts(made.get(), "source", sources);
  }
  if (!more.rir.empty()) {
    const Group made = group(parent, "intensity_ratios", "NXcollection");
    std::vector<std::string> phases;
    std::vector<double> rir, u_rir, height, fraction, u;
    for (const auto& one : more.rir) {
      phases.push_back(one.phase);
      rir.push_back(one.rir);
      u_rir.push_back(one.u_rir);
      height.push_back(one.height_counts);
      fraction.push_back(one.weight_fraction);
      u.push_back(one.u);
    }
    hdf5::write_texts(made.get(), "phase", phases);
    hdf5::write_numbers(made.get(), "rir", rir, "1");
    hdf5::write_numbers(made.get(), "rir_errors", u_rir, "1");
    hdf5::write_numbers(made.get(), "height", height, "counts");
    hdf5::write_numbers(made.get(), "weight_fraction", fraction, "1");
    hdf5::write_numbers(made.get(), "weight_fraction_errors", u, "1");
  }
}

void write_groups(hid_t parent, const std::vector<diffraction::GroupFraction>& groups) {
  const Group made = group(parent, "groups", "NXcollection");
  const hid_t id = made.get();
  std::vector<std::string> names, members;
  std::vector<double> fraction, stat, total, absolute, u_absolute;
  for (const auto& one : groups) {
    names.push_back(one.name);
    std::string list;
    for (const auto& member : one.members) list += (list.empty() ? "" : ", ") + member;
    members.push_back(list);
    fraction.push_back(one.weight_fraction);
    stat.push_back(one.u_stat);
    total.push_back(one.u_total);
    absolute.push_back(one.has_absolute ? one.absolute_fraction : no_number());
    u_absolute.push_back(one.has_absolute ? one.u_absolute : no_number());
  }
  hdf5::write_texts(id, "group", names);
  hdf5::write_texts(id, "members", members);
  hdf5::write_numbers(id, "weight_fraction", fraction, "1");
  hdf5::write_numbers(id, "weight_fraction_errors", stat, "1");
  hdf5::write_numbers(id, "weight_fraction_u_total", total, "1");
  hdf5::write_numbers(id, "absolute_fraction", absolute, "1");
  hdf5::write_numbers(id, "absolute_fraction_u_total", u_absolute, "1");
}

}  // namespace

void append_quantification(hid_t batch, std::span<const PatternResult> results,
                           const std::vector<std::string>& phases, bool fresh) {
  PartColumns parts, rest;
  std::vector<std::string> methods;
  std::vector<double> contrast, corrected, protocol;
  for (const auto& result : results) {
    const AbsoluteResult* absolute = first_absolute(result);
    methods.push_back(absolute != nullptr ? absolute->method : "");
    rest.add(find_part(absolute, diffraction::rest_name));
    const auto& more = result.quantification;
    for (const auto& phase : phases) {
      parts.add(find_part(absolute, phase));
      double x = no_number(), w = no_number(), u = no_number();
      for (const auto& one : more.contrast) {
        for (const auto& entry : one.phases) {
          if (entry.phase != phase) continue;
          x = entry.contrast;
          w = entry.weight_fraction;
        }
      }
      for (std::size_t p = 0; p < more.u_protocol.size() && p < result.phases.size(); ++p) {
        if (result.phases[p].name == phase) u = more.u_protocol[p];
      }
      contrast.push_back(x);
      corrected.push_back(w);
      protocol.push_back(u);
    }
  }
  const std::uint64_t items = results.size();
  const hdf5::Shape row = {phases.size()};
  std::vector<std::string> tables;
  for (const auto& [name, values] : parts.numbers("absolute_fraction")) {
    hdf5::append_numbers(batch, name, *values, items, row, "1");
    tables.push_back(name);
  }
  hdf5::append_codes(batch, "absolute_fraction_state", parts.state, items, row,
                     hdf5::value_state_codes());
  hdf5::append_numbers(batch, "absorption_contrast", contrast, items, row, "1");
  hdf5::append_numbers(batch, "contrast_corrected_fraction", corrected, items, row, "1");
  hdf5::append_numbers(batch, "weight_fraction_u_protocol", protocol, items, row, "1");
  for (const char* name : {"absolute_fraction_state", "absorption_contrast",
                           "contrast_corrected_fraction", "weight_fraction_u_protocol"}) {
    tables.push_back(name);
  }
  std::vector<std::string> columns;
  for (const auto& [name, values] : rest.numbers("amorphous")) {
    hdf5::append_numbers(batch, name, *values, items, {}, "1");
    columns.push_back(name);
  }
  hdf5::append_codes(batch, "amorphous_state", rest.state, items, {}, hdf5::value_state_codes());
  hdf5::append_texts(batch, "absolute_method", methods);
  columns.push_back("amorphous_state");
  columns.push_back("absolute_method");
  if (!fresh) return;
  for (const auto& name : columns) hdf5::attach_scale(batch, name, 0, "item");
  for (const auto& name : tables) {
    hdf5::attach_scale(batch, name, 0, "item");
    hdf5::attach_scale(batch, name, 1, "phase");
  }
  hdf5::set_attribute_of(batch, "absolute_fraction", "long_name",
                         "of the original sample, the standard taken out");
  hdf5::set_attribute_of(batch, "amorphous", "long_name",
                         "amorphous and not modelled, of the original sample");
}

void write_quantification(hid_t entry, const PatternResult& result) {
  const auto& more = result.quantification;
  const AbsoluteResult* absolute = first_absolute(result);
  if (absolute == nullptr && more.contrast.empty() && more.closure.empty() &&
      more.u_protocol.empty() && more.summation.empty() && more.groups.empty() &&
      more.humps.empty() && more.blank.empty() && more.calibrated.empty() && more.rir.empty()) {
    return;
  }
  const Group made = group(entry, "quantification", "NXcollection");
  int number = 0;
  for (const auto& one : more.absolute) {
    if (one.parts.empty()) continue;
    ++number;
    write_absolute(made.get(), one,
                   number == 1 ? "absolute" : "absolute_" + std::to_string(number));
  }
  for (const auto& one : more.contrast) write_contrast(made.get(), one);
  for (const auto& one : more.closure) write_closure(made.get(), result, one);
  write_parts(made.get(), more);
  for (const auto& one : more.summation) write_summation(made.get(), result, one);
  if (!more.groups.empty()) write_groups(made.get(), more.groups);
  if (!more.u_protocol.empty()) {
    const Group protocol = group(made.get(), "protocol", "NXcollection");
    std::vector<std::string> phases;
    for (const auto& phase : result.phases) phases.push_back(phase.name);
    hdf5::write_texts(protocol.get(), "phase", phases);
    hdf5::write_numbers(protocol.get(), "spread", more.u_protocol, "1");
    hdf5::write_texts(protocol.get(), "moved_most_by", more.protocol_worst);
  }
}

}  // namespace gadolin::io
