#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "io/readers/origin_library.hpp"
#include "models/origin/attribute.hpp"

// The behaviour rules of docs/theory/origin.md, section "Rules", on the shipped library.
namespace gadolin::origin {
namespace {

const Library& library() {
  static const Library read =
      io::read_origin_library(GADOLIN_SOURCE_DIR "/datasets/origin",
                              GADOLIN_SOURCE_DIR "/datasets/normalisers/normalisers.csv");
  return read;
}

const SourceModel& model() {
  static const SourceModel fitted = fit_sources(library(), {});
  return fitted;
}

SampleInput sample_of(const std::string& set_id) {
  SampleInput sample;
  sample.id = set_id;
  sample.process_level = "concentrate";
  for (const auto& set : library().sets) {
    if (set.set_id != set_id) continue;
    for (std::size_t i = 0; i < set.elements.size(); ++i) {
      Quantity q = set.element_share[i];
      q.u_known = false;
      sample.elements.push_back(set.elements[i]);
      sample.mass_fraction.push_back(q);
    }
  }
  return sample;
}

Quantity& content(SampleInput& sample, const std::string& element) {
  const auto it = std::find(sample.elements.begin(), sample.elements.end(), element);
  return sample.mass_fraction.at(static_cast<std::size_t>(it - sample.elements.begin()));
}

double posterior(const OriginResult& result, const std::string& deposit) {
  for (const auto& source : result.sources) {
    if (source.deposit_id == deposit) return source.posterior;
  }
  return -1.0;
}

double log10_likelihood(const OriginResult& result, const std::string& deposit) {
  for (const auto& source : result.sources) {
    if (source.deposit_id == deposit) return source.log10_likelihood;
  }
  return 0.0;
}

const std::vector<std::string> tried = {"weng2015_mount_weld",   "liu2023_kvanefjeld",
                                        "weng2015_browns_range", "usgs_bayan_obo",
                                        "liu2023_serra_verde",   "weng2015_bokan"};

TEST(OriginRules, R1ScalingAllElementsChangesNoPosterior) {
  for (const auto& id : tried) {
    const SampleInput sample = sample_of(id);
    SampleInput diluted = sample;
    for (auto& q : diluted.mass_fraction) {
      q.value *= 0.0137;
      q.u_value *= 0.0137;
      q.lod *= 0.0137;
    }

    const auto a = attribute_one(sample, library(), model(), 1);
    const auto b = attribute_one(diluted, library(), model(), 1);

    EXPECT_NEAR(a.posterior_unknown, b.posterior_unknown, 1e-9) << id;
    for (const auto& source : a.sources) {
      EXPECT_NEAR(source.posterior, posterior(b, source.deposit_id), 1e-9) << id;
    }
  }
}

TEST(OriginRules, R2TheOrderOfTheLibraryChangesNothing) {
  Library reversed = library();
  std::reverse(reversed.sets.begin(), reversed.sets.end());
  std::reverse(reversed.deposits.begin(), reversed.deposits.end());

  for (const auto& id : tried) {
    const auto a = attribute({sample_of(id)}, library(), {}, 1).front();
    const auto b = attribute({sample_of(id)}, reversed, {}, 1).front();

    EXPECT_EQ(a.posterior_unknown, b.posterior_unknown) << id;
    EXPECT_EQ(a.sources.front().deposit_id, b.sources.front().deposit_id) << id;
    EXPECT_EQ(a.sources.front().posterior, b.sources.front().posterior) << id;
  }
}

TEST(OriginRules, R3AColumnNobodyMeasuredChangesNothing) {
  SampleInput sample = sample_of("weng2015_bokan");
  const auto a = attribute_one(sample, library(), model(), 1);
  sample.elements.insert(sample.elements.begin(), {"Th", "Sc", "Zr"});
  sample.mass_fraction.insert(sample.mass_fraction.begin(), 3, Quantity{});
  const auto b = attribute_one(sample, library(), model(), 1);

  EXPECT_EQ(a.posterior_unknown, b.posterior_unknown);
  EXPECT_EQ(a.conclusion_text, b.conclusion_text);
}

TEST(OriginRules, R4ACensoredValueLiesBetweenAtTheLimitAndFarBelowIt) {
  // One bounded element: the ratio of two sources' densities averaged over the range below the LOD
  // lies within the ratio's range there.
  SampleInput censored = sample_of("weng2015_mount_weld");
  const double lod = 3.0 * content(censored, "Yb").value;
  content(censored, "Yb") = {0.0, 0.0, lod, ValueState::below_lod, false};
  const std::string a = "mount_weld", b = "lavergne_springer";
  Options options;
  options.leave_out_irregular = false;
  const SourceModel fitted = fit_sources(library(), options);
  double lowest = 1e300, highest = -1e300;
  for (double share = 1.0; share >= 0.01; share *= 0.9) {
    SampleInput exact = censored;
    content(exact, "Yb") = {share * lod, 1e-9, 0.0, ValueState::measured, true};
    const auto result = attribute_one(exact, library(), fitted, 1);
    const double ratio = log10_likelihood(result, a) - log10_likelihood(result, b);
    lowest = std::min(lowest, ratio);
    highest = std::max(highest, ratio);
  }

  const auto result = attribute_one(censored, library(), fitted, 1);

  const double ratio = log10_likelihood(result, a) - log10_likelihood(result, b);
  EXPECT_GE(ratio, lowest);
  EXPECT_LE(ratio, highest);
  EXPECT_EQ(result.elements_censored, std::vector<std::string>{"Yb"});
}

TEST(OriginRules, R5NoLikelihoodRatioPassesTheClamp) {
  for (const auto& set : library().sets) {
    const auto result = attribute_one(sample_of(set.set_id), library(), model(), 1);
    for (const auto& source : result.sources) {
      EXPECT_LE(std::fabs(source.log10_lr), result.log10_lr_clamp) << set.set_id;
    }
  }
}

TEST(OriginRules, R6ASampleFarFromAllSourcesIsUnknown) {
  SampleInput sample = sample_of("weng2015_mount_weld");
  double tilt = 0.0;
  for (auto& q : sample.mass_fraction) {
    q.value *= std::exp(tilt);
    tilt += 0.8;
  }

  const auto result = attribute_one(sample, library(), model(), 1);

  EXPECT_EQ(result.conclusion, "none of these");
  EXPECT_LT(result.largest_typicality_p, 0.01);
}

TEST(OriginRules, R7AShiftWithinTheLaboratorySpreadMovesLessThanOneBand) {
  for (const auto& id : tried) {
    SampleInput shifted = sample_of(id);
    const Options options;
    int sign = 1;
    for (auto& q : shifted.mass_fraction) {
      q.value *= std::exp(sign * options.laboratory_sd);
      sign = -sign;
    }
    const auto a = attribute_one(sample_of(id), library(), model(), 1);
    const auto b = attribute_one(shifted, library(), model(), 1);
    ASSERT_EQ(a.sources.front().deposit_id, b.sources.front().deposit_id) << id;
    EXPECT_LT(std::fabs(a.sources.front().log10_lr - b.sources.front().log10_lr), 1.0) << id;
  }
}

TEST(OriginRules, R8TwoSourcesWithOneMeanAreOneGroupWithEqualPosteriors) {
  Library twins = library();
  for (const auto& set : library().sets) {
    if (set.deposit_id != "kipawa") continue;
    ReferenceSet copy = set;
    copy.set_id += "_twin";
    copy.deposit_id = "kipawa_twin";
    twins.sets.push_back(copy);
  }
  twins.deposits.push_back({"kipawa_twin", "Kipawa twin", "Canada", "Alkaline", false, "kipawa"});

  const auto result = attribute({sample_of("weng2015_kipawa")}, twins, {}, 1).front();

  EXPECT_NEAR(posterior(result, "kipawa"), posterior(result, "kipawa_twin"), 1e-12);
  EXPECT_EQ(result.conclusion, "group");
  const auto& group = result.groups.front().deposit_ids;
  EXPECT_NE(std::find(group.begin(), group.end(), "kipawa"), group.end());
  EXPECT_NE(std::find(group.begin(), group.end(), "kipawa_twin"), group.end());
}

TEST(OriginRules, R9OneSeedGivesOneAnswerWhateverTheBatch) {
  SampleInput sample = sample_of("weng2015_mount_weld");
  for (const char* element : {"Tm", "Yb", "Ho"}) {
    content(sample, element) = {0.0, 0.0, 0.05, ValueState::below_lod, false};
  }
  Options options;
  options.draws = 500;

  const auto alone = attribute({sample}, library(), options, 5).front();
  const auto batch = attribute({sample_of("weng2015_bokan"), sample_of("usgs_bayan_obo"), sample},
                               library(), options, 5)
                         .back();
  const auto reseeded = attribute({sample}, library(), options, 6).front();

  EXPECT_EQ(alone.posterior_unknown, batch.posterior_unknown);
  EXPECT_EQ(alone.draws, 500);
  EXPECT_NE(alone.posterior_unknown, reseeded.posterior_unknown);
  EXPECT_NEAR(alone.posterior_unknown, reseeded.posterior_unknown, 0.02);
}

TEST(OriginRules, R10EveryAnswerNamesItsLibraryElementsAndCalibration) {
  const auto result = attribute_one(sample_of("weng2015_bokan"), library(), model(), 1);

  EXPECT_EQ(result.library_sha256, library().sha256);
  EXPECT_EQ(result.elements_used.size(), 15u);
  EXPECT_EQ(result.process_level, "concentrate");
  EXPECT_EQ(result.calibration_id, "none");
}

TEST(OriginRules, R11WithoutCalibrationNoWordOfSupportAndNoAttribution) {
  for (const auto& set : library().sets) {
    const auto result = attribute_one(sample_of(set.set_id), library(), model(), 1);
    for (const char* word :
         {"support", "probability", "probable", "likely", "comes from", "originates"}) {
      EXPECT_EQ(result.conclusion_text.find(word), std::string::npos) << result.conclusion_text;
    }
  }
}

TEST(OriginConclusion, AllCensoredValuesGiveNoConclusion) {
  SampleInput sample = sample_of("weng2015_mount_weld");
  for (auto& q : sample.mass_fraction) q = {0.0, 0.0, 1e-6, ValueState::below_lod, false};

  const auto result = attribute_one(sample, library(), model(), 1);

  EXPECT_EQ(result.conclusion, "no conclusion");
  EXPECT_DOUBLE_EQ(result.posterior_unknown, result.prior_unknown);
}

TEST(OriginConclusion, SeparatedGoodsGiveNoConclusion) {
  SampleInput sample = sample_of("weng2015_mount_weld");
  sample.process_level = "separated";

  EXPECT_EQ(attribute_one(sample, library(), model(), 1).conclusion, "no conclusion");
}

TEST(OriginConclusion, RefusesAProcessLevelItDoesNotKnow) {
  SampleInput sample = sample_of("weng2015_mount_weld");
  sample.process_level = "rosted";

  EXPECT_THROW(attribute_one(sample, library(), model(), 1), Error);
}

TEST(OriginConclusion, PosteriorsSumToOneAndChinaIsASum) {
  for (const auto& id : tried) {
    const auto result = attribute_one(sample_of(id), library(), model(), 1);
    double sum = result.posterior_unknown, china = 0.0, groups = 0.0;
    for (const auto& source : result.sources) {
      sum += source.posterior;
      if (source.in_china) china += source.posterior;
    }
    for (const auto& group : result.groups) groups += group.posterior;
    EXPECT_NEAR(sum, 1.0, 1e-9) << id;
    EXPECT_NEAR(result.posterior_in_china, china, 1e-12) << id;
    EXPECT_NEAR(groups, 1.0 - result.posterior_unknown, 1e-9) << id;
  }
}

TEST(OriginQuality, AColumnExchangeIsFoundAndSaid) {
  // Gd and Tb exchanged: a fault seen in print.
  SampleInput sample = sample_of("weng2015_songwe_hill");
  std::swap(content(sample, "Gd"), content(sample, "Tb"));

  const auto result = attribute_one(sample, library(), model(), 1);

  EXPECT_FALSE(result.elements_left_out.empty());
  EXPECT_TRUE(std::any_of(result.warnings.begin(), result.warnings.end(),
                          [](const Warning& w) { return w.code == "W-ORG-002"; }));
}

}  // namespace
}  // namespace gadolin::origin
