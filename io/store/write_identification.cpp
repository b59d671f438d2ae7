#include "io/store/identification.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

namespace gadolin::io {

using hdf5::group;
using hdf5::Group;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void write_phases(hid_t parent, const diffraction::Identification& found) {
  const Group made = group(parent, "found", "NXcollection");
  const hid_t id = made.get();
  std::vector<std::string> names, groups, not_told_apart, low, high;
  std::vector<double> probability, delta_bic, strain, share, u_share;
  std::vector<std::int64_t> lines;
  std::vector<int> rare_earth, confirmed;
  for (const auto& phase : found.phases) {
    const bool series = !phase.member_high.empty();
    names.push_back(phase.name);
    groups.push_back(phase.group);
    not_told_apart.push_back(joined(phase.not_told_apart));
    low.push_back(phase.member_low);
    high.push_back(phase.member_high);
    probability.push_back(phase.probability);
    delta_bic.push_back(phase.delta_bic);
    strain.push_back(phase.cell_strain);
    share.push_back(series ? phase.member_share : no_number());
    u_share.push_back(series ? phase.u_member_share : no_number());
    lines.push_back(phase.resolved_lines);
    rare_earth.push_back(phase.rare_earth ? 1 : 0);
    confirmed.push_back(phase.confirmed ? 1 : 0);
  }
  hdf5::write_texts(id, "phase", names);
  hdf5::write_texts(id, "isotype_group", groups);
  hdf5::write_texts(id, "not_told_apart", not_told_apart);
  hdf5::write_texts(id, "member_low", low);
  hdf5::write_texts(id, "member_high", high);
  hdf5::write_numbers(id, "probability", probability, "1");
  hdf5::write_numbers(id, "delta_bic", delta_bic, "1");
  hdf5::write_numbers(id, "cell_strain", strain, "1");
  hdf5::write_numbers(id, "member_share", share, "1");
  hdf5::write_numbers(id, "member_share_errors", u_share, "1");
  hdf5::write_integers(id, "resolved_lines", lines, "1");
  hdf5::write_codes(id, "rare_earth", rare_earth, {names.size()}, hdf5::yes_no_codes());
  hdf5::write_codes(id, "confirmed", confirmed, {names.size()}, hdf5::yes_no_codes());
}

void write_alternatives(hid_t parent, const diffraction::Identification& found) {
  const Group made = group(parent, "hypotheses", "NXcollection");
  std::vector<std::string> phases;
  std::vector<double> bic, probability;
  for (const auto& hypothesis : found.hypotheses) {
    phases.push_back(joined(hypothesis.phases));
    bic.push_back(hypothesis.bic);
    probability.push_back(hypothesis.probability);
  }
  hdf5::write_texts(made.get(), "phases", phases);
  hdf5::write_numbers(made.get(), "bic", bic, "1");
  hdf5::write_numbers(made.get(), "probability", probability, "1");
}

void write_absent(hid_t parent, const diffraction::Identification& found) {
  const Group made = group(parent, "absent_rare_earth", "NXcollection");
  std::vector<std::string> names;
  std::vector<double> lod, if_asked;
  for (const auto& phase : found.absent_rare_earth) {
    names.push_back(phase.name);
    // 1 stands for "nothing can be said" in memory; in the file that is no number.
    lod.push_back(phase.lod_weight_fraction < 1.0 ? phase.lod_weight_fraction : no_number());
    if_asked.push_back(phase.lod_if_asked < 1.0 ? phase.lod_if_asked : no_number());
  }
  hdf5::write_texts(made.get(), "phase", names);
  hdf5::write_numbers(made.get(), "lod_weight_fraction", lod, "1");
  hdf5::write_numbers(made.get(), "lod_if_asked", if_asked, "1");
}

}  // namespace

void write_identification(hid_t entry, const diffraction::Identification& found) {
  const Group made = group(entry, "identification", "NXcollection");
  const hid_t id = made.get();
  hdf5::write_code(id, "undetermined", found.undetermined ? 1 : 0, hdf5::yes_no_codes());
  hdf5::write_text(id, "text", found.text);
  hdf5::write_integer(id, "candidates", found.candidates, "1");
  hdf5::write_number(id, "displacement", found.displacement_deg, "deg");
  hdf5::write_number(id, "unexplained_share", found.unexplained_share, "1");
  write_phases(id, found);
  write_alternatives(id, found);
  write_absent(id, found);
}

void ResultFile::write_identification(const std::string& sample_id,
                                      const diffraction::Identification& found) {
  const Group made = entry(sample_id, "identification");
  io::write_identification(made.get(), found);
  add_journal("sample " + sample_id + " identification", 0, 0);
}

}  // namespace gadolin::io
