// Small deterministic fuzzing without a fuzzer: every seed of tests/fuzz/corpus, mutated with a
// fixed random stream, gives a value or a gadolin::Error and nothing else.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "io/config/case.hpp"
#include "io/readers/cif.hpp"
#include "io/readers/element_table.hpp"
#include "io/readers/pattern.hpp"
#include "kernels/numeric/random.hpp"
#include "tests/stored_zip.hpp"

namespace gadolin {
namespace {

constexpr int mutants_per_seed = 300;

/// Counter-based draws of one mutant.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t item) : stream_(seed, item, 0x66757a7a) {}
  std::size_t below(std::size_t n) {
    return n == 0 ? 0 : static_cast<std::size_t>(stream_.uniform() * static_cast<double>(n)) % n;
  }

 private:
  RandomStream stream_;
};

std::string mutate(std::string text, Draws& draws) {
  static const std::vector<std::string> words = {
      "nan", "-1", "1e999", "<", ">", "\"", "'",    "\n", "\r",    ",",  ";",
      "\t",  "#",  "[",     "]", "=", "0",  "\xFF", "--", "loop_", "_x", "99999999999999999999",
      "?"};
  const std::size_t steps = 1 + draws.below(4);
  for (std::size_t step = 0; step < steps && !text.empty(); ++step) {
    const std::size_t at = draws.below(text.size());
    switch (draws.below(6)) {
      case 0:
        text[at] = static_cast<char>(draws.below(256));
        break;
      case 1:
        text.erase(at, 1 + draws.below(20));
        break;
      case 2:
        text.insert(at, words[draws.below(words.size())]);
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, text.substr(draws.below(text.size()), 1 + draws.below(60)));
        break;
      default: {
        const std::string& word = words[draws.below(words.size())];
        text.replace(at, std::min(word.size(), text.size() - at), word);
      }
    }
  }
  return text;
}

void mutate_corpus(const std::vector<std::string>& folders,
                   const std::function<void(const std::string&)>& read,
                   int mutants = mutants_per_seed) {
  std::set<std::filesystem::path> seeds;
  for (const auto& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(GADOLIN_SOURCE_DIR) +
                                                                 "/tests/fuzz/corpus/" + folder)) {
      seeds.insert(entry.path());
    }
  }
  ASSERT_FALSE(seeds.empty());
  std::uint64_t item = 0;
  int refused = 0, accepted = 0;
  for (const auto& path : seeds) {
    std::ifstream stream(path, std::ios::binary);
    const std::string seed((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_NO_THROW(read(seed)) << path;
    for (int i = 0; i < mutants; ++i) {
      Draws draws(20261123, item++);
      const std::string mutant = mutate(seed, draws);
      try {
        read(mutant);
        ++accepted;
      } catch (const Error& error) {
        ++refused;
        EXPECT_FALSE(error.code().empty());
        EXPECT_FALSE(error.remedy().empty()) << error.what();
      }
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(accepted, 0);
}

TEST(MutatedInput, PatternsGiveAValueOrAnError) {
  mutate_corpus({"two_column_text", "xrdml", "gsas", "uxd"},
                [](const std::string& bytes) { io::parse_patterns(bytes, "in"); });
}

TEST(MutatedInput, BinaryPatternsGiveAValueOrAnError) {
  mutate_corpus({"bruker_raw", "philips_rd", "philips_udf", "ras", "pdcif"},
                [](const std::string& bytes) { io::parse_patterns(bytes, "in"); });
}

TEST(MutatedInput, ArchivesGiveAValueOrAnError) {
  mutate_corpus({"brml"}, [](const std::string& bytes) {
    io::parse_patterns(
        bytes.substr(0, 2) == "PK" ? bytes : make_zip({{"Experiment0/RawData0.xml", bytes, true}}),
        "in");
  });
  mutate_corpus({"rasx"}, [](const std::string& bytes) {
    const std::size_t mark = bytes.find("%%\n");
    const std::string profile = mark == std::string::npos ? bytes : bytes.substr(mark + 3);
    io::parse_patterns(
        bytes.substr(0, 2) == "PK" ? bytes : make_zip({{"Data0/Profile0.txt", profile, true}}),
        "in");
  });
}

TEST(MutatedInput, Hdf5GivesAValueOrAnErrorThoughItsLibraryMayCrash) {
  mutate_corpus(
      {"nexus"}, [](const std::string& bytes) { io::parse_patterns(bytes, "in"); }, 80);
}

TEST(MutatedInput, StructuresGiveAValueOrAnError) {
  mutate_corpus({"cif"}, [](const std::string& bytes) { io::parse_cif(bytes, "in"); });
}

TEST(MutatedInput, ElementTablesGiveAValueOrAnError) {
  mutate_corpus({"element_table"},
                [](const std::string& bytes) { io::parse_element_table(bytes, "in"); });
}

TEST(MutatedInput, CasesGiveAValueOrAnError) {
  mutate_corpus({"case"}, [](const std::string& bytes) { config::parse_case(bytes, "in", false); });
}

}  // namespace
}  // namespace gadolin
