#include "io/config/optimise.hpp"

#include "io/config/study_file.hpp"
#include "io/config/sweep.hpp"

namespace gadolin::config {

separation::OptimiseSettings read_optimise(const std::string& path,
                                           std::vector<InputFile>* records) {
  InputFile record;
  const TomlTable root = TomlTable::read(path, &record, "optimise");
  if (records != nullptr) records->push_back(record);
  refuse_plant(root, path);
  separation::OptimiseSettings s;
  s.source_file = path;
  s.name = root.text("name");
  s.description = root.text_or("description", "");
  s.base_file = beside(path, root.text("base"));
  const auto method = root.choice_or("method", "choose", {"choose", "nsga2", "exhaustive"});
  s.method = method == "nsga2"        ? separation::OptimiseMethod::nsga2
             : method == "exhaustive" ? separation::OptimiseMethod::exhaustive
                                      : separation::OptimiseMethod::choose;
  const auto count = [&](const char* key, std::size_t fallback, std::int64_t low,
                         std::int64_t high) {
    return static_cast<std::size_t>(
        root.integer_or(key, static_cast<std::int64_t>(fallback), low, high));
  };
  s.population = count("population", s.population, 4, 100000);
  s.generations = count("generations", s.generations, 0, 100000);
  s.polish = count("polish", s.polish, 0, 1000);
  s.polish_evaluations = count("polish_evaluations", s.polish_evaluations, 1, 1000000);
  s.front_size = count("front_size", s.front_size, 2, 100000);
  s.credible = root.boolean_or("credible", true);
  s.reference = root.numbers_or("reference", {});
  for (const TomlTable& t : root.tables("vary")) s.axes.push_back(axis_of(t));
  for (const TomlTable& t : root.tables("objective")) {
    separation::OptimiseObjective o;
    o.maximise = t.choice("goal", {"minimise", "maximise"}) == "maximise";
    o.metric = metric_of(t);
    s.objectives.push_back(o);
  }
  for (const TomlTable& t : root.tables_or_none("constraint")) {
    separation::OptimiseConstraint c;
    if (t.has("at_least")) c.low = t.number("at_least");
    if (t.has("at_most")) c.high = t.number("at_most");
    if (!(c.low > -1e300) && !(c.high < 1e300)) {
      throw t.error("E-SEP-113", "a constraint without a bound", "at_least",
                    "give at_least, at_most or both");
    }
    c.metric = metric_of(t);
    s.constraints.push_back(c);
  }
  for (const char* other : {"equipment", "economics"}) root.allow(other);  // io/config/economics
  root.finish();
  return s;
}

}  // namespace gadolin::config
