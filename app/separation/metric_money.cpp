#include "app/separation/metric_money.hpp"

#include <algorithm>

#include "io/config/economics.hpp"
#include "models/core/error.hpp"
#include "models/separation/cost.hpp"

namespace gadolin::app {

void price_money(const std::string& file, const std::vector<separation::Metric*>& metrics,
                 std::vector<InputFile>& inputs) {
  const auto found = std::find_if(metrics.begin(), metrics.end(), [](const separation::Metric* m) {
    return m->kind == separation::MetricKind::cost_per_kg;
  });
  if (found == metrics.end()) return;
  const auto economics = config::read_economics(file, &inputs);
  if (!economics.costed) {
    throw Error("E-COST-004", "metric " + (*found)->name + " asks for money without a date", file,
                "add [economics] with price_date = \"2023-06\"", ExitCode::usage);
  }
  try {
    separation::price_metrics(metrics, economics.tables, economics.cost, economics.equipment);
  } catch (const Error& error) {  // prices do not know the file that asked for them
    if (!error.where().empty()) throw;
    const std::string line = error.text();
    throw Error(error.code(), line.substr(0, line.size() - error.remedy().size() - 3), file,
                error.remedy(), ExitCode::usage);
  }
}

}  // namespace gadolin::app
