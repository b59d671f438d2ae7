#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/readers/origin_library.hpp"
#include "models/origin/attribute.hpp"

// The library is made of published tables (datasets/origin/sets.csv names the source of each).
namespace gadolin::origin {
namespace {

const Library& library() {
  static const Library read =
      io::read_origin_library(GADOLIN_SOURCE_DIR "/datasets/origin",
                              GADOLIN_SOURCE_DIR "/datasets/normalisers/normalisers.csv");
  return read;
}

/// A set as a laboratory would report it: no uncertainty stated.
SampleInput as_sample(const ReferenceSet& set) {
  SampleInput sample;
  sample.id = set.set_id;
  sample.process_level = "concentrate";
  for (std::size_t i = 0; i < set.elements.size(); ++i) {
    Quantity q = set.element_share[i];
    q.u_known = false;
    q.u_value = 0.0;
    sample.elements.push_back(set.elements[i]);
    sample.mass_fraction.push_back(q);
  }
  return sample;
}

bool full_pattern_of_grade_a_or_b(const ReferenceSet& set) {
  int measured = 0;
  for (const auto& q : set.element_share) measured += q.state == ValueState::measured ? 1 : 0;
  return measured >= 10 && set.grade != EvidenceGrade::c;
}

bool names(const OriginResult& result, const std::string& deposit_id) {
  if (result.conclusion != "source" && result.conclusion != "group") return false;
  for (const auto& id : result.groups.front().deposit_ids) {
    if (id == deposit_id) return true;
  }
  return false;
}

TEST(OriginLibrary, HoldsBothTables) {
  EXPECT_EQ(library().sets.size(), 147u);
  EXPECT_EQ(library().deposits.size(), 107u);
  EXPECT_EQ(library().sha256.size(), 64u);
}

TEST(OriginPlacement, EveryFullPatternSetFallsToItsOwnSourceOrAGroupHoldingIt) {
  const SourceModel model = fit_sources(library(), {});
  int tried = 0, placed = 0, alone = 0;

  for (const auto& set : library().sets) {
    if (!full_pattern_of_grade_a_or_b(set)) continue;
    const OriginResult result = attribute_one(as_sample(set), library(), model, 1);
    ++tried;
    placed += names(result, set.deposit_id) ? 1 : 0;
    alone += result.conclusion == "source" && names(result, set.deposit_id) ? 1 : 0;
    EXPECT_TRUE(names(result, set.deposit_id))
        << set.set_id << ": " << result.conclusion << ", first " << result.sources[0].deposit_id
        << " " << result.sources[0].posterior << ", unknown " << result.posterior_unknown;
  }

  RecordProperty("tried", tried);
  RecordProperty("placed", placed);
  RecordProperty("alone", alone);
  std::printf("placed %d of %d, %d of them as a single source\n", placed, tried, alone);
  EXPECT_GE(tried, 100);
}

TEST(OriginPlacement, ALeftOutDepositGetsNoneOfTheseInFourOfFiveTries) {
  int tried = 0, none = 0, largest = 0, none_complex = 0;

  for (const auto& deposit : library().deposits) {
    Options by_deposit, by_complex;
    by_deposit.left_out_deposits = {deposit.deposit_id};
    for (const auto& other : library().deposits) {
      if (other.complex_id == deposit.complex_id) {
        by_complex.left_out_deposits.push_back(other.deposit_id);
      }
    }
    SourceModel model, model_complex;
    bool fitted = false;
    for (const auto& set : library().sets) {
      if (set.deposit_id != deposit.deposit_id || !full_pattern_of_grade_a_or_b(set)) continue;
      if (!fitted) {
        model = fit_sources(library(), by_deposit);
        model_complex = fit_sources(library(), by_complex);
        fitted = true;
      }
      const OriginResult result = attribute_one(as_sample(set), library(), model, 1);
      const OriginResult other = attribute_one(as_sample(set), library(), model_complex, 1);
      ++tried;
      none += result.conclusion == "none of these" ? 1 : 0;
      largest += result.posterior_unknown > result.sources.front().posterior ? 1 : 0;
      none_complex += other.conclusion == "none of these" ? 1 : 0;
    }
  }

  std::printf("none of these: %d of %d (largest posterior %d); whole complex left out: %d\n", none,
              tried, largest, none_complex);
  EXPECT_GE(none, 0.8 * tried);
  EXPECT_GE(largest, 0.8 * tried);
  EXPECT_GE(none_complex, 0.8 * tried);
}

}  // namespace
}  // namespace gadolin::origin
