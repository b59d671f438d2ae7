#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <hdf5.h>

#include "io/readers/hdf5_child.hpp"
#include "models/core/error.hpp"

namespace gadolin::io {
namespace {

std::string code_of(const std::function<std::string()>& work, int limit_s = 20) {
  try {
    in_hdf5_child(work, "a.nxs", limit_s);
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "a.nxs");
    return error.code();
  }
  return "accepted";
}

TEST(Hdf5Child, ValuesAndErrorsComeBackWhole) {
  const std::string zeros(100'000, '\0');
  EXPECT_EQ(in_hdf5_child([&] { return zeros; }, "a.nxs"), zeros);
  EXPECT_EQ(in_hdf5_child([] { return std::string(); }, "a.nxs"), "");
  try {
    in_hdf5_child(
        []() -> std::string { throw Error("E-H5-002", "no numbers", "a.nxs", "mend it"); },
        "other");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "E-H5-002: no numbers in a.nxs - mend it");
    EXPECT_EQ(error.where(), "a.nxs");
    EXPECT_EQ(error.remedy(), "mend it");
  }
}

TEST(Hdf5Child, ACrashIsAnErrorHere) {
  EXPECT_EQ(code_of([]() -> std::string {
              std::raise(SIGSEGV);
              return "";
            }),
            "E-H5-001");
  EXPECT_EQ(code_of([]() -> std::string { throw std::runtime_error("x"); }), "E-H5-001");
}

TEST(Hdf5Child, AnEndlessLoopIsAnErrorHere) {
  EXPECT_EQ(code_of(
                []() -> std::string {
                  volatile std::uint64_t count = 0;
                  while (true) count = count + 1;
                },
                1),
            "E-H5-001");
}

TEST(Hdf5Child, AnotherThreadInsideTheLibraryDoesNotHangIt) {
  std::jthread busy([](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const hid_t space = H5Screate(H5S_SCALAR);
      H5Sclose(space);
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_hdf5_child(
                  [] {
                    const hid_t space = H5Screate(H5S_SCALAR);
                    H5Sclose(space);
                    return std::string("done");
                  },
                  "a.nxs", 5),
              "done");
  }
}

}  // namespace
}  // namespace gadolin::io
