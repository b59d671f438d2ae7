#include <csignal>
#include <cstdlib>
#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

#include "io/store/datasets.hpp"
#include "io/store/result_reader.hpp"
#include "tests/unit/store/scratch_folder.hpp"

/// Law: at whatever moment a run is killed, OUT.partial opens and holds every chunk that was
/// finished before.
namespace gadolin {
namespace {

constexpr int patterns = 2000;
constexpr int chunk_size = 20;
constexpr int points = 200;

/// Appends all patterns, telling `pipe` (one byte per chunk) once a chunk is stored.
[[noreturn]] void write_until_killed(const std::string& path, int pipe) {
  io::ResultFile file = io::ResultFile::create(path, false);
  file.write_run(made_up::run("2026-11-23T21:00:00Z", ""));
  for (int first = 0; first < patterns; first += chunk_size) {
    file.append_patterns(made_up::chunk(first, chunk_size, points));
    const char done = 1;
    if (::write(pipe, &done, 1) != 1) ::_exit(3);
  }
  ::pause();  // never closed: the last moment to be killed is after the last chunk
  ::_exit(0);
}

/// A row tells whether it is the one that was stored: all its columns are formulas of its number.
void expect_row(std::size_t row, const std::vector<std::string>& ids,
                const std::vector<double>& fraction, const std::vector<double>& calculated,
                const std::vector<std::int64_t>& first_point) {
  const auto expected = made_up::pattern_result(static_cast<int>(row), points);
  ASSERT_EQ(ids[row], expected.id);
  ASSERT_DOUBLE_EQ(fraction[3 * row + 2], expected.phases[2].weight_fraction);
  ASSERT_DOUBLE_EQ(fraction[3 * row], expected.phases[0].weight_fraction);
  const auto at = static_cast<std::size_t>(first_point[row]);
  ASSERT_LE(at + points, calculated.size());
  ASSERT_DOUBLE_EQ(calculated[at + points / 2], expected.calculated[points / 2]);
}

TEST(Crash, AKilledRunKeepsEveryFinishedChunk) {
  ScratchFolder folder;
  const char* wanted = std::getenv("GADOLIN_CRASH_KILLS");
  const int kills = wanted == nullptr ? 10 : std::atoi(wanted);
  std::srand(20261123);
  int killed_early = 0;

  for (int trial = 0; trial < kills; ++trial) {
    const std::string path = folder / ("out-" + std::to_string(trial) + ".h5");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(path, ends[1]);
    }
    ::close(ends[1]);
    // Wait for a random chunk, then for a random moment within the next ones.
    std::int64_t chunks = 0;
    const std::int64_t wait_for = std::rand() % (patterns / chunk_size - 2);
    char byte = 0;
    while (chunks < wait_for && ::read(ends[0], &byte, 1) == 1) ++chunks;
    ::usleep(static_cast<useconds_t>(std::rand() % 30000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(ends[0], &byte, 1) == 1) ++chunks;
    ::close(ends[0]);
    if (chunks < patterns / chunk_size) ++killed_early;

    ASSERT_FALSE(std::filesystem::exists(path));
    if (chunks == 0 && !std::filesystem::exists(path + ".partial")) continue;
    const auto summary = io::read_summary(path + ".partial");
    EXPECT_FALSE(summary.complete);
    EXPECT_GE(summary.batch_items, chunks * chunk_size) << "trial " << trial;
    if (summary.batch_items == 0) continue;
    const auto file = io::hdf5::open_for_reading(path + ".partial");
    const auto batch = io::hdf5::group(file.get(), "batch");
    const auto ids = io::hdf5::read_texts(batch.get(), "id");
    const auto fraction = io::hdf5::read_numbers(batch.get(), "weight_fraction");
    const auto calculated = io::hdf5::read_numbers(batch.get(), "profiles/calculated");
    const auto first_point = io::hdf5::read_integers(batch.get(), "profiles/first_point");
    for (std::int64_t row = 0; row < summary.batch_items; ++row) {
      expect_row(static_cast<std::size_t>(row), ids, fraction, calculated, first_point);
      if (HasFatalFailure()) FAIL() << "trial " << trial << ", row " << row;
    }
    std::filesystem::remove(path + ".partial");
  }
  EXPECT_GT(killed_early, kills / 2);  // else the kills came too late to test anything
}

}  // namespace
}  // namespace gadolin
