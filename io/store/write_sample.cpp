#include "io/store/datasets.hpp"
#include "io/store/result_file.hpp"
#include "io/store/schema.hpp"

/// A sample's administrative facts and its assay.
namespace gadolin::io {

namespace {

using hdf5::group;
using hdf5::Group;

constexpr double mg_per_kg = 1e6;

std::string fact(const CaseRecord& record, const std::string& key) {
  for (const CaseFact& candidate : record.facts) {
    if (candidate.key == key) return candidate.value;
  }
  return "";
}

}  // namespace

void ResultFile::write_sample(const std::string& sample_id, const CaseRecord& record) {
  const Group made = entry(sample_id, "case");
  if (!record.title.empty()) hdf5::write_text(made.get(), "title", record.title);

  const Group sample = group(made.get(), "sample", "NXsample");
  hdf5::write_text(sample.get(), "name", sample_id);
  hdf5::write_text(sample.get(), "description", fact(record, "item_description"));

  // A fact nobody supplied is absent; the report says NOT SUPPLIED and keeps the DRAFT mark.
  const Group facts = group(made.get(), "case", "NXcollection");
  for (const CaseFact& item : record.facts) {
    if (!item.value.empty()) hdf5::write_text(facts.get(), item.key, item.value);
  }
  hdf5::write_texts(facts.get(), "questions", record.questions);
  hdf5::write_texts(facts.get(), "blind_spots", record.blind_spots);
  add_journal("sample " + sample_id + " case", 0, 0);
}

void ResultFile::write_assay(const std::string& sample_id, const assay::AssaySample& sample,
                             std::span<const assay::Index> indices) {
  const Group made = entry(sample_id, "assay");
  const Group table = group(made.get(), "assay", "NXdata");
  const hid_t id = table.get();

  std::vector<std::string> elements, reported_as, units, texts, methods;
  std::vector<int> defaulted;
  std::vector<Quantity> contents;
  for (const assay::ElementValue& value : sample.values) {
    elements.push_back(value.element);
    contents.push_back(value.mass_fraction);
    reported_as.push_back(value.reported_as);
    units.push_back(value.reported_unit);
    texts.push_back(value.reported_text);
    methods.push_back(value.method);
    defaulted.push_back(value.u_defaulted ? 1 : 0);
  }
  hdf5::write_texts(id, "element", elements);
  write_quantities(id, "content", contents, "mg/kg", mg_per_kg);
  hdf5::write_texts(id, "reported_as", reported_as);
  hdf5::write_texts(id, "reported_unit", units);
  hdf5::write_texts(id, "reported_text", texts);
  hdf5::write_texts(id, "method", methods);
  hdf5::write_codes(id, "u_defaulted", defaulted, {defaulted.size()}, hdf5::yes_no_codes());
  hdf5::make_scale(id, "element");
  for (const char* name :
       {"content", "content_errors", "content_lod", "content_limit", "content_state", "reported_as",
        "reported_unit", "reported_text", "method", "u_defaulted"}) {
    hdf5::attach_scale(id, name, 0, "element");
  }
  hdf5::set_attribute_of(id, "content", "long_name", "mass of the element per mass of sample");
  hdf5::write_text(id, "basis", to_string(sample.basis));
  hdf5::write_text(id, "laboratory", sample.laboratory);
  hdf5::write_text(id, "file", sample.file);
  write_quantity(id, "loss_on_ignition", sample.loss_on_ignition, "1");
  mark_plot(id, "content", {"element"});
  write_warnings(id, sample.warnings);
  set_default(sample_id, "assay", 0);

  if (!indices.empty()) {
    const Group list = group(id, "indices", "NXcollection");
    std::vector<std::string> names, index_units, index_elements, notes;
    std::vector<Quantity> values;
    for (const assay::Index& index : indices) {
      names.push_back(index.name);
      values.push_back(index.value);
      index_units.push_back(index.unit);
      index_elements.push_back(index.elements);
      notes.push_back(index.note);
    }
    hdf5::write_texts(list.get(), "name", names);
    write_quantities(list.get(), "value", values, "see unit");
    hdf5::write_texts(list.get(), "unit", index_units);
    hdf5::write_texts(list.get(), "elements", index_elements);
    hdf5::write_texts(list.get(), "note", notes);
  }
  add_journal("sample " + sample_id + " assay", 0, 0);
}

}  // namespace gadolin::io
