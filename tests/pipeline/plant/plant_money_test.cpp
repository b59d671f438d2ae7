#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "closed_plant.hpp"
#include "io/config/economics.hpp"
#include "io/config/feed_card.hpp"
#include "io/config/plant.hpp"
#include "io/config/write_plant.hpp"
#include "io/store/plant_tables.hpp"
#include "models/separation/cost.hpp"
#include "models/separation/equipment.hpp"
#include "models/separation/plant.hpp"
#include "models/separation/plant_components.hpp"

namespace {

using namespace gadolin;
using namespace gadolin::separation;

const std::string root = std::string(GADOLIN_SOURCE_DIR) + "/";

struct Solved {
  Plant plant;
  PlantResult result;
  PlantEquipment equipment;
};

const Solved& solved() {
  static const Solved all = [] {
    Solved s;
    s.plant = config::parse_plant(gadolin::test::closed_plant(), root + "plant.toml");
    s.result = simulate_plant(s.plant, make_engine("serial", 1));
    s.equipment = plant_equipment(s.plant, s.result, {});
    return s;
  }();
  return all;
}

EconomicTables tables() {
  EconomicTables t;
  t.prices = config::read_prices(root + "datasets/economics/prices.csv");
  t.indices = config::read_indices(root + "datasets/economics/indices.csv");
  return t;
}

TEST(PlantEquipment, SizesAreFlowTimesTimeAndFlowOverRate) {
  const Solved& s = solved();
  ASSERT_EQ(s.equipment.banks.size(), 4u);
  EXPECT_EQ(s.equipment.stages, 14 + 6 + 12 + 4);
  double metal = 0.0;
  for (const BankEquipment& b : s.equipment.banks) {
    const double through = b.aqueous_m3_per_h + b.organic_m3_per_h;
    EXPECT_NEAR(b.mixer_m3, through * 5.0 / 60.0, 1e-12);
    EXPECT_NEAR(b.settler_m2, through / 3.0, 1e-12);
    EXPECT_NEAR(b.aqueous_hold_up_m3 + b.organic_hold_up_m3,
                b.stages * (b.mixer_m3 + 0.4 * b.settler_m2), 1e-9);
    metal += b.rare_earth_hold_up_kg_oxide;
  }
  EXPECT_NEAR(metal, s.equipment.metal_in_plant_kg_oxide, 1e-9 * metal);
  EXPECT_GT(s.equipment.base_mol_per_kg, 0.0);
  EXPECT_GT(s.equipment.salt_kg_per_kg, 0.0);
}

TEST(PlantCost, BreakdownSumsToItsTotalAndEveryPricedLineHasDateSourceAndGrade) {
  CostSettings settings;
  settings.price_date = "2025-12-25";
  settings.effluent_per_m3 = 2.0;
  settings.effluent_source = "test";
  const Solved& s = solved();
  const PlantCost cost = plant_cost(s.result, s.equipment, tables(), settings);
  for (const CostSum* sum : {&cost.operating, &cost.revenue, &cost.capital, &cost.metal}) {
    double low = 0.0, high = 0.0;
    bool complete = true;
    for (const CostLine& line : sum->lines) {
      if (!line.priced) {
        complete = false;
        EXPECT_FALSE(line.why_not.empty()) << line.item;
        continue;
      }
      low += line.low;
      high += line.high;
      EXPECT_FALSE(line.price.date.empty()) << line.item;
      EXPECT_FALSE(line.price.source.empty()) << line.item;
      EXPECT_NE(line.price.grade, "C") << line.item;
      EXPECT_EQ(line.price.market, sum->market) << line.item;
    }
    EXPECT_DOUBLE_EQ(low, sum->low);
    EXPECT_DOUBLE_EQ(high, sum->high);
    EXPECT_EQ(complete, sum->complete) << sum->name;
  }
  EXPECT_GT(cost.revenue.mid, 0.0);
  EXPECT_GT(cost.capital.mid, 0.0);
  // Revenue is Chinese, reagents American: no margin.
  EXPECT_FALSE(cost.margin_stated);
  EXPECT_FALSE(cost.warnings.empty());
}

TEST(PlantCost, TakesTheNearestQuoteOfOneMarketAndNeverGradeC) {
  EconomicTables t;
  const auto row = [](const char* date, double price, const char* currency, const char* market,
                      const char* grade) {
    return PriceRow{date, "Nd2O3", price, price, currency, "kg", "", "test", grade, market, ""};
  };
  t.prices = {row("2024", 50, "USD", "China", "A"), row("2025-06", 60, "USD", "China", "A"),
              row("2025-07", 90, "USD", "Europe", "A"), row("2025-08", 999, "USD", "China", "C"),
              row("2025-09", 400, "CNY", "China", "A")};
  std::string why;
  const auto find = [&](const PriceQuery& query, std::vector<ExchangeRate> rates = {}) {
    return find_price(t, query, rates, why);
  };
  EXPECT_EQ(find({"Nd2O3", "China", "USD", "2025-08-15", 2.0})->low, 60.0);
  EXPECT_EQ(find({"Nd2O3", "Europe", "USD", "2025-08-15", 2.0})->low, 90.0);
  EXPECT_EQ(
      find({"Nd2O3", "China", "USD", "2025-08-15", 2.0}, {{"CNY", "USD", 0.14, "2025-09", "test"}})
          ->low,
      400.0);
  EXPECT_FALSE(find({"Nd2O3", "US", "USD", "2025-08-15", 2.0}));
  EXPECT_NE(why.find("market US"), std::string::npos) << why;
  EXPECT_FALSE(find({"Nd2O3", "China", "USD", "2035", 2.0}));
  EXPECT_NE(why.find("within"), std::string::npos) << why;
  t.prices.push_back(row("2024-01", 70, "USD", "China", "own"));
  EXPECT_EQ(find({"Nd2O3", "China", "USD", "2025-08-15", 2.0})->low, 70.0);
  EXPECT_THROW(decimal_year("2025-13"), Error);
  EXPECT_THROW(decimal_year("soon"), Error);
}

TEST(PlantTables, StreamTableHasUnitsFirstAndEmptyCellsForWhatIsMissing) {
  const std::string csv = io::stream_table(solved().result);
  std::istringstream lines(csv);
  std::string header;
  std::getline(lines, header);
  EXPECT_EQ(header.rfind("Property,Units,ore,", 0), 0u) << header.substr(0, 60);
  EXPECT_EQ(csv.find("nan"), std::string::npos);
  const auto cells = std::count(header.begin(), header.end(), ',');
  for (std::string line; std::getline(lines, line);) {
    if (line.find('"') != std::string::npos) continue;
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), cells) << line.substr(0, 40);
  }
  // Every element that enters is found again.
  std::istringstream table(io::destination_table(solved().result));
  std::getline(table, header);
  int rows = 0;
  for (std::string line; std::getline(table, line); ++rows) {
    EXPECT_NEAR(std::stod(line.substr(line.rfind(',') + 1)), 100.0, 1e-6) << line;
  }
  EXPECT_GE(rows, 8);
}

TEST(PlantFile, WrittenAndReadBackIsTheSamePlant) {
  const Solved& s = solved();
  for (const std::string constants : {"", "pc88a_chloride.toml"}) {
    const std::string text = config::plant_text(s.plant, constants);
    const Plant again = config::parse_plant(text, root + "again.toml");
    const PlantResult result = simulate_plant(again, make_engine("serial", 1));
    ASSERT_EQ(result.streams.size(), s.result.streams.size());
    for (std::size_t i = 0; i < result.streams.size(); ++i) {
      EXPECT_EQ(result.streams[i].name, s.result.streams[i].name);
      EXPECT_NEAR(result.streams[i].rare_earth_mol_per_h, s.result.streams[i].rare_earth_mol_per_h,
                  1e-8 * (1.0 + s.result.streams[i].rare_earth_mol_per_h))
          << result.streams[i].name;
    }
  }
}

TEST(FeedCard, EveryCardReadsAndNothingUnknownIsZero) {
  const std::string folder = root + "datasets/feeds";
  const auto names = config::feed_card_names(folder);
  ASSERT_GE(names.size(), 9u);
  for (const std::string& name : names) {
    const FeedCard card = config::load_feed_card(name, folder);
    EXPECT_EQ(card.id, name);
    EXPECT_FALSE(card.unknown.empty()) << name;
    EXPECT_NE(card.grade, "C") << name;
    for (const FeedValue& v : card.values) {
      EXPECT_FALSE(v.source.empty()) << name;
      EXPECT_TRUE(std::find(card.unknown.begin(), card.unknown.end(), v.element) ==
                  card.unknown.end())
          << name << " states and does not know " << v.element;
      if (v.mass_fraction.state == ValueState::measured) {
        EXPECT_GT(v.mass_fraction.value, 0.0) << name << v.element;
      }
    }
  }
  EXPECT_FALSE(config::load_feed_card("gakara", folder).sourced);
  // Nd of the ore: 12.0012 % of 7.7 % REO, as element.
  const FeedCard ore = config::load_feed_card("mountain_pass", folder);
  for (const FeedValue& v : ore.values) {
    if (v.element == "Nd") {
      EXPECT_NEAR(v.mass_fraction.value, 0.120012 * 0.077 * 288.484 / 336.482, 2e-6);
    }
  }
  try {
    config::load_feed_card("mountain_pas", folder);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("mountain_pass"), std::string::npos);
  }
}

/// One stirred tank of coal refuse in 0.05 M sulfuric acid (PrOMMiS, commit 9beba554): their test
/// values of the conversion are La 0.38, Nd 0.46, Y 0.15, Dy 0.22. The rates and these values are
/// at hand, their feed is not: the contents below are recalled, so agreement is asked for to 0.02
/// only (seen: La 0.394, Dy 0.231).
TEST(Leach, CoalRefuseTankDissolvesNearlyWhatThePublishedModelDoes) {
  const std::string rates = std::string(GADOLIN_SHARED_DIR) +
                            "/data/sx/upstream/uky_coal_refuse_h2so4_leach_kinetics.csv";
  if (!std::filesystem::exists(rates)) GTEST_SKIP() << "no " << rates;
  const Plant plant = config::parse_plant(R"(
name = "coal refuse"
[[feed]]
name = "refuse"
mass_flow_kg_per_h = 22.68
[feed.wt_pct]
Al2O3 = 23.7
Fe2O3 = 6.42
CaO = 0.331
Sc2O3 = 2.77966e-3
Y2O3 = 3.28653e-3
La2O3 = 6.77769e-3
Ce2O3 = 1.56161e-2
Pr2O3 = 1.71438e-3
Nd2O3 = 6.76618e-3
Sm2O3 = 1.47926e-3
Gd2O3 = 1.0405e-3
Dy2O3 = 7.54827e-4
[[feed]]
name = "acid"
flow_l_per_h = 224.3
acid_molar = 0.1
anion = "SO4"
[[unit]]
name = "tank"
kind = "leach"
inputs = ["refuse", "acid"]
tank_volume_l = 378.54
rates = ")" + rates + R"("
rates_source = "prommis 9beba554"
rates_evidence = "DERIVED"
)",
                                          "/");
  const PlantResult r = simulate_plant(plant, make_engine("serial", 1));
  const auto conversion = [&](const char* element) {
    double fed = 0.0, dissolved = 0.0;
    const auto k = static_cast<std::size_t>(component_index(r.components, element));
    for (const NamedStream& s : r.streams) {
      if (s.name == "refuse") fed = s.stream.mol_per_h[k];
      if (s.name == "tank.liquor") dissolved = s.stream.mol_per_h[k];
    }
    return dissolved / fed;
  };
  EXPECT_NEAR(conversion("La"), 0.38, 0.02);
  EXPECT_NEAR(conversion("Nd"), 0.46, 0.02);
  EXPECT_NEAR(conversion("Y"), 0.15, 0.02);
  EXPECT_NEAR(conversion("Dy"), 0.22, 0.02);
  for (const PlantBalance& b : r.balances) EXPECT_LE(b.closure_relative, 1e-12) << b.what;
}

}  // namespace
