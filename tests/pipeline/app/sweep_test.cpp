#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/store/datasets.hpp"
#include "tests/pipeline/app/program.hpp"

namespace gadolin {
namespace {

using testing_program::Folder;

/// Three stages, two metals: thousands of designs a second.
const char* const base = R"(name = "small"
[extractant]
name = "HA"
basis = "dimer"
gel_fraction = 0.8
[[species]]
name = "Pr"
log10_k = -3.2
evidence = "MEMORY"
source = "test"
[[species]]
name = "Nd"
log10_k = -2.9
evidence = "MEMORY"
source = "test"
[[bank]]
name = "bank"
stages = 3
raffinate_name = "raffinate"
[bank.organic_in]
flow_l_per_h = 2.0
extractant_dimer_molar = 0.5
[bank.aqueous_in]
flow_l_per_h = 1.0
acid_molar = 0.01
molar = {Pr = 0.05, Nd = 0.05}
)";

std::string sweep_of(std::size_t samples) {
  return "name = \"many\"\nbase = \"base.toml\"\nsampling = \"random\"\nsamples = " +
         std::to_string(samples) + R"(
[[vary]]
key = "bank.bank.organic_in.flow_l_per_h"
from = 1.0
to = 4.0
[[vary]]
key = "bank.bank.stages"
from = 2
to = 5
whole = true
[[metric]]
name = "Nd"
kind = "recovery"
product = "bank extract"
elements = ["Nd"]
)";
}

std::vector<double> column(const std::string& path, const std::string& table,
                           const std::string& name) {
  const io::hdf5::File file = io::hdf5::open_for_reading(path);
  const io::hdf5::Group group(H5Gopen2(file.get(), table.c_str(), H5P_DEFAULT));
  return io::hdf5::read_numbers(group.get(), name);
}

TEST(Sweep, StopsAtSigtermWith75AndGoesOnToTheSameNumbers) {
  const Folder folder("sweep");
  folder.write("base.toml", base);
  folder.write("sweep.toml", sweep_of(5 * 4096 + 100));
  ASSERT_EQ(folder.run("separation sweep sweep.toml --out whole.h5 --quiet").exit_code, 0);

  // stopped as soon as the first rows are on the disk
  folder.write("stop.sh",
               "\"$GADOLIN\" separation sweep sweep.toml --out cut.h5 --quiet & pid=$!\n"
               "while [ ! -s cut.h5.partial ]; do sleep 0.02; done\n"
               "kill -TERM $pid; wait $pid; exit $?\n");
  const std::string command = "cd '" + folder.path("") + "' && GADOLIN='" + GADOLIN_PROGRAM +
                              "' sh stop.sh >/dev/null 2>&1";
  const int status = std::system(command.c_str());

  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 75);
  EXPECT_EQ(folder.run("separation sweep sweep.toml --out cut.h5 --restart --seed 7").exit_code, 2);
  EXPECT_NE(folder.read("stderr.txt").find("E-SEP-111"), std::string::npos);
  ASSERT_EQ(folder.run("separation sweep sweep.toml --out cut.h5 --restart --quiet").exit_code, 0);
  for (const auto& [table, name] :
       {std::pair{"designs", "bank.bank.organic_in.flow_l_per_h"},
        std::pair{"designs", "bank.bank.stages"}, std::pair{"products", "metric Nd"},
        std::pair{"products", "molar_flow"}, std::pair{"flags", "closure_relative"}}) {
    const auto whole = column(folder.path("whole.h5"), table, name);
    EXPECT_EQ(column(folder.path("cut.h5"), table, name), whole) << name;
    EXPECT_GE(whole.size(), 5u * 4096u + 100u);
  }
  EXPECT_EQ(folder.run("verify cut.h5").exit_code, 0);
}

TEST(Sweep, CountsFailuresAndStoresThemAsStates) {
  const Folder folder("sweep_bad");
  folder.write("base.toml", base);
  folder.write("sweep.toml", R"(name = "bad rows"
base = "base.toml"
sampling = "list"
[[vary]]
key = "bank.bank.organic_in.flow_l_per_h"
values = [1.0, -1.0, 2.0]
[[vary]]
key = "extractant.gel_fraction"
values = [0.8, 0.8, 7.0]
)");

  const auto outcome = folder.run("separation sweep sweep.toml --out out.h5 --json");

  EXPECT_EQ(outcome.exit_code, 4) << outcome.err;
  EXPECT_NE(outcome.out.find("\"ok\": 1"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\"out_of_range\": 2"), std::string::npos);
  const auto closure = column(folder.path("out.h5"), "flags", "closure_relative");
  ASSERT_EQ(closure.size(), 3u);
  EXPECT_LE(closure[0], 1e-12);
  EXPECT_TRUE(std::isnan(closure[1]));
  EXPECT_TRUE(std::isnan(closure[2]));
}

TEST(Sweep, NamesTheNearestKeyOrProductOfASlip) {
  const Folder folder("sweep_slips");
  folder.write("base.toml", base);
  const auto error_of = [&](const std::string& text) {
    folder.write("sweep.toml", "name = \"s\"\nbase = \"base.toml\"\n" + text);
    return folder.run("separation sweep sweep.toml --out out.h5").err;
  };

  EXPECT_NE(error_of("[[vary]]\nkey = \"bank.bank.organic_in.flow_l_per_hour\"\nvalues = [1]\n")
                .find("did you mean \"flow_l_per_h\""),
            std::string::npos);
  EXPECT_NE(error_of("").find("E-SEP-112"), std::string::npos);
  EXPECT_NE(error_of("[[vary]]\nkey = \"bank.bank.stages\"\nvalues = [2, 2.5]\n")
                .find("counts stages and has the value 2.5"),
            std::string::npos);
  EXPECT_NE(error_of("[[vary]]\nkey = \"bank.bank.stages\"\nvalues = [2]\n[[metric]]\nkind = "
                     "\"flow\"\nproduct = \"rafinate\"\n")
                .find("did you mean raffinate"),
            std::string::npos);
}

}  // namespace
}  // namespace gadolin
