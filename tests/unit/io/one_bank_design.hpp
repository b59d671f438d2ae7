#pragma once

#include <string>

namespace gadolin::test {

/// One bank of four stages and one metal, for readers that find a study in or beside a design.
/// `head` goes where root tables stand, `bank` into the bank.
inline std::string one_bank_design(const std::string& head = "", const std::string& bank = "") {
  return R"(
name = "d"
[extractant]
name = "PC88A"
basis = "dimer"
[[species]]
name = "Nd"
log10_k = -1.5
evidence = "ESTIMATED"
source = "test"
)" + head +
         R"([[bank]]
name = "extraction"
stages = 4
)" + bank +
         R"([bank.aqueous_in]
flow_l_per_h = 1.0
acid_molar = 0.1
molar = {Nd = 0.1}
[bank.organic_in]
flow_l_per_h = 1.0
extractant_dimer_molar = 0.5
)";
}

}  // namespace gadolin::test
