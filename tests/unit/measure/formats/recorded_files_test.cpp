// Recorded results against tests/data/formats/*.tsv: what each must be recognised as, how many
// benchmarks it holds, and one value; or why it is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>

#include "core/measure/formats/formats.h"
#include "core/model/report.h"

namespace melisai::formats {
namespace recorded_files_test {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kTables = MELISAI_SOURCE_DIR "/tests/data/formats";

struct Expected {
  std::string place;  ///< TABLE:LINE
  std::string file;
  std::vector<std::string> columns;  ///< after the file
};

void PrintTo(const Expected& expected, std::ostream* stream) { *stream << expected.file; }

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> columns;
  for (std::size_t start = 0; start <= line.size();) {
    const std::size_t end = std::min(line.find('\t', start), line.size());
    columns.push_back(line.substr(start, end - start));
    start = end + 1;
  }
  return columns;
}

std::vector<Expected> load() {
  std::vector<Expected> all;
  std::set<fs::path> tables;
  for (const auto& entry : fs::directory_iterator(kTables))
    if (entry.path().extension() == ".tsv") tables.insert(entry.path());
  for (const fs::path& table : tables) {
    std::ifstream lines(table);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.empty() || line.front() == '#') continue;
      std::vector<std::string> columns = split(line);
      Expected expected{table.filename().string() + ":" + std::to_string(number), columns[0], {}};
      expected.columns.assign(columns.begin() + 1, columns.end());
      all.push_back(expected);
    }
  }
  return all;
}

std::string shared_dir() {
  const char* shared = std::getenv("MELISAI_SHARED_DIR");
  return shared != nullptr ? shared : MELISAI_SOURCE_DIR "/../shared";
}

std::string path_of(const std::string& file) {
  return (file.starts_with("samples/") ? shared_dir() : std::string(kTables)) + "/" + file;
}

std::size_t benchmarks_in(const Readings& readings) {
  std::set<std::string> names;
  for (const Reading& reading : readings.readings) names.insert(reading.benchmark);
  return names.size();
}

class RecordedFile : public ::testing::TestWithParam<Expected> {
 protected:
  static void check_spot(const Readings& readings, const std::vector<std::string>& columns);
};

void RecordedFile::check_spot(const Readings& readings, const std::vector<std::string>& columns) {
  ASSERT_EQ(columns.size(), 8u) << "columns: format, benchmarks, benchmark, metric, unit, better, "
                                   "value, n";
  const auto spot =
      std::find_if(readings.readings.begin(), readings.readings.end(), [&](const Reading& reading) {
        return reading.benchmark == columns[2] && reading.metric.name == columns[3];
      });
  ASSERT_NE(spot, readings.readings.end()) << "no " << columns[3] << " of " << columns[2];
  EXPECT_EQ(spot->metric.unit, columns[4]);
  EXPECT_EQ(to_string(spot->metric.better), columns[5]);
  const double value = std::stod(columns[6]);
  EXPECT_NEAR(spot->value, value, 1e-9 * std::abs(value));
  EXPECT_EQ(std::to_string(spot->n), columns[7]);
}

TEST_P(RecordedFile, IsReadAsExpected) {
  const Expected& expected = GetParam();
  const std::string path = path_of(expected.file);
  if (expected.file.starts_with("samples/") && !fs::exists(shared_dir() + "/samples"))
    GTEST_SKIP() << "no recorded samples in " << shared_dir();
  SCOPED_TRACE(expected.place);
  const Result<Readings> readings = read_path(path, {.name = "auto"}, {});
  if (expected.columns[0] == "refused") {
    ASSERT_FALSE(readings) << "read as " << readings->format;
    EXPECT_THAT(readings.error().message, HasSubstr(expected.columns[1]));
    return;
  }
  ASSERT_TRUE(readings) << readings.error().message;
  EXPECT_EQ(readings->format, expected.columns[0]);
  EXPECT_EQ(std::to_string(benchmarks_in(*readings)), expected.columns[1]);
  if (expected.columns.size() == 5 && expected.columns[3] == "failed") {
    ASSERT_TRUE(readings->failed.contains(expected.columns[2]));
    EXPECT_THAT(readings->failed.at(expected.columns[2]), HasSubstr(expected.columns[4]));
    return;
  }
  check_spot(*readings, expected.columns);
}

INSTANTIATE_TEST_SUITE_P(, RecordedFile, ::testing::ValuesIn(load()), [](const auto& row) {
  std::string name = row.param.file;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace recorded_files_test
}  // namespace melisai::formats
