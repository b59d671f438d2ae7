#include <gtest/gtest.h>

#include "io/config/toml_table.hpp"
#include "models/core/error.hpp"

namespace gadolin::config {
namespace {

TEST(TomlText, ALetterBehindALineEndingBackslashIsALetter) {
  // toml++ 3.3 as it is packaged calls such a character unreachable: undefined behaviour.
  const auto table =
      TomlTable::parse("title = \"\"\"sable \\\n   \xC3\xA9tudi\xC3\xA9\"\"\"\n", "in");

  EXPECT_EQ(table.text("title"), "sable \xC3\xA9tudi\xC3\xA9");
}

TEST(TomlText, ALetterBehindABrokenNumberIsAnErrorWithItsLine) {
  try {
    TomlTable::parse("a = 1\nb = -[--'\xC2\xBA'\n", "in.toml");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "E-TOML-001");
    EXPECT_EQ(error.where(), "in.toml:2");
  }
}

}  // namespace
}  // namespace gadolin::config
