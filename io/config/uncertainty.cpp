#include "io/config/uncertainty.hpp"

#include "io/config/study_file.hpp"

namespace gadolin::config {

namespace {

using separation::DistributionShape;
using separation::SampleKind;
using separation::UncertainOutput;
using separation::UncertainQuantity;
using separation::UncertainSpecification;
using separation::UncertaintyPlan;
using separation::UncertainValue;
using separation::UncertainVariable;

/// distribution, mean, u, low, high, mode; or u_relative, low_factor, high_factor about the
/// template
UncertainValue value_of(const TomlTable& t, bool& about_template) {
  UncertainValue v;
  const std::string shape =
      t.choice_or("distribution", "normal", {"normal", "lognormal", "uniform", "beta"});
  about_template = false;
  if (shape == "beta") {
    v.shape = DistributionShape::beta;
    v.mode = t.number("mode", fraction);
    v.low = t.number("low", fraction);
    v.high = t.number("high", fraction);
    return v;
  }
  if (shape == "uniform") {
    v.shape = DistributionShape::uniform;
    about_template = t.has("low_factor");
    v.low = t.number(about_template ? "low_factor" : "low");
    v.high = t.number(about_template ? "high_factor" : "high");
    return v;
  }
  v.shape = shape == "normal" ? DistributionShape::normal : DistributionShape::lognormal;
  about_template = t.has("u_relative");
  if (about_template) {
    v.mean = 1.0;
    v.u = t.number("u_relative", not_negative);
  } else {
    v.mean = t.number("mean");
    v.u = t.number("u", not_negative);
  }
  return v;
}

UncertaintyPlan plan_of(const TomlTable& root, const std::string& file, const std::string& text,
                        std::vector<InputFile>* records) {
  UncertaintyPlan plan;
  const StudiedCircuit studied = studied_circuit(root, file, text, records);
  plan.circuit = studied.circuit;
  plan.name = studied.name;
  const TomlTable t = root.table("uncertainty");
  plan.rows = static_cast<std::size_t>(t.integer_or("rows", 1024, 2, 10000000));
  const auto sampling =
      t.choice_or("sampling", "monte_carlo", {"monte_carlo", "latin_hypercube", "scrambled_sobol"});
  plan.sampling = sampling == "latin_hypercube"   ? SampleKind::latin_hypercube
                  : sampling == "scrambled_sobol" ? SampleKind::scrambled_sobol
                                                  : SampleKind::monte_carlo;
  plan.sobol = t.boolean_or("sobol", true);
  plan.bootstrap = static_cast<int>(t.integer_or("bootstrap", 200, 0, 100000));
  plan.store_designs = t.boolean_or("store_designs", true);
  if (const auto k = t.optional_table("constants")) {
    plan.constants = k->boolean_or("uncertain", true);
    auto& known = plan.circuit.uncertainty;
    known.u_common = k->number_or("u_common", known.u_common, not_negative);
    known.u_pair = k->number_or("u_pair", known.u_pair, not_negative);
    if (const auto own = k->optional_table("u_own")) {
      for (auto& s : plan.circuit.species) {
        if (own->has(s.name)) s.u_log10_k = own->number(s.name, not_negative);
      }
      own->finish();
    }
    k->finish();
  }
  for (const TomlTable& v : t.tables_or_none("variable")) {
    UncertainVariable variable;
    variable.quantity = v.text("quantity");
    variable.bank = v.text_or("bank", "");
    variable.feed = v.text_or("feed", "");
    variable.species = v.text_or("species", "");
    std::string name = variable.quantity;
    for (const auto* part : {&variable.bank, &variable.feed, &variable.species}) {
      if (!part->empty()) name += " " + *part;
    }
    variable.name = v.text_or("name", name);
    variable.value = value_of(v, variable.about_template);
    v.finish();
    plan.variables.push_back(variable);
  }
  for (const TomlTable& f : t.tables_or_none("factor")) {
    bool about_template = false;
    const std::string name = f.text("name");
    const UncertainValue value = value_of(f, about_template);
    f.finish();
    plan.factors.push_back({name, value});
  }
  for (const TomlTable& s : t.tables_or_none("specification")) {
    UncertainSpecification spec;
    spec.product = s.text("product");
    spec.species = s.texts("species");
    if (s.has("purity_min")) spec.purity_min = s.number("purity_min", fraction);
    if (s.has("recovery_min")) spec.recovery_min = s.number("recovery_min", fraction);
    if (!spec.purity_min && !spec.recovery_min) {
      throw s.error("E-TOML-003", "a specification without purity_min or recovery_min", "product",
                    "give one of them or both");
    }
    s.finish();
    plan.specifications.push_back(spec);
  }
  for (const TomlTable& o : t.tables_or_none("output")) {
    UncertainOutput out;
    const std::string kind =
        o.choice("quantity", {"purity", "log10_impurity", "recovery", "recoverable"});
    out.quantity = kind == "purity"           ? UncertainQuantity::purity
                   : kind == "log10_impurity" ? UncertainQuantity::log10_impurity
                   : kind == "recovery"       ? UncertainQuantity::recovery
                                              : UncertainQuantity::recoverable;
    out.product = o.text("product");
    out.species = o.texts("species");
    std::string all;
    for (const auto& name : out.species) all += " " + name;
    out.name = o.text_or("name", kind + all + ", " + out.product);
    o.finish();
    plan.outputs.push_back(out);
  }
  if (plan.outputs.empty()) {
    // What the specifications speak of.
    for (const auto& spec : plan.specifications) {
      std::string all;
      for (const auto& name : spec.species) all += " " + name;
      const std::string of = all + ", " + spec.product;
      plan.outputs.push_back(
          {"log10 impurity" + of, UncertainQuantity::log10_impurity, spec.product, spec.species});
      plan.outputs.push_back(
          {"recovery" + of, UncertainQuantity::recovery, spec.product, spec.species});
    }
  }
  t.finish();
  finish_study(root, studied, "dynamics");
  return plan;
}

}  // namespace

UncertaintyPlan read_uncertainty(const std::string& path, std::vector<InputFile>* records) {
  return read_study(path, "uncertainty", records, plan_of);
}

UncertaintyPlan parse_uncertainty(const std::string& text, const std::string& file,
                                  std::vector<InputFile>* records) {
  return plan_of(TomlTable::parse(text, file), file, text, records);
}

}  // namespace gadolin::config
