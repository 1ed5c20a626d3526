// The built collectors as a whole: what they export, and whether their READMEs tell the truth.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/plugins/worker_process.h"

namespace melisai {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kPlugins = MELISAI_BIN_DIR "/../lib/melisai-gate/plugins";
const std::string kTemplate = MELISAI_BIN_DIR "/../lib/melisai-gate/template/template.so";

/// Whoever may write to the checkout: a copy that only we may change.
std::string template_program() {
  static const TemporaryDirectory directory =
      *TemporaryDirectory::make(testing::TempDir(), "template-");
  const std::string copy = directory.path() + "/template.py";
  fs::copy_file(MELISAI_SOURCE_DIR "/plugins/template/template.py", copy,
                fs::copy_options::overwrite_existing);
  fs::permissions(copy, fs::perms::owner_all);
  return copy;
}

// Of a plugin, or with "" of the program.
std::vector<std::string> worker_arguments(const std::string& plugin) {
  if (!plugin.empty()) return {plugin};
  return {"--program", template_program()};
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  pclose(pipe);
  return output;
}

TEST(BuiltPlugins, ExportOneSymbolEach) {
  std::vector<std::string> files = {kTemplate};
  for (const auto& entry : fs::directory_iterator(kPlugins)) files.push_back(entry.path());
  EXPECT_GE(files.size(), 3u);
  for (const std::string& file : files) {
    const std::string symbols = output_of("nm -D --defined-only --format=posix '" + file + "'");
    EXPECT_EQ(symbols.substr(0, symbols.find(' ')), "melisai_collector_v1") << file;
    EXPECT_EQ(std::count(symbols.begin(), symbols.end(), '\n'), 1) << file << "\n" << symbols;
  }
}

using Row = std::vector<std::string>;  // name, unit, better, tier, source, privilege

// Cells of a Markdown row, blanks and backquotes around them left out.
Row cells_of(std::string_view line) {
  Row cells;
  line.remove_prefix(1);
  for (std::size_t end = 0; (end = line.find('|')) != std::string_view::npos;) {
    std::string_view cell = line.substr(0, end);
    const std::size_t first = std::min(cell.find_first_not_of(" `"), cell.size());
    cells.emplace_back(cell.substr(first, cell.find_last_not_of(" `") + 1 - first));
    line.remove_prefix(end + 1);
  }
  return cells;
}

/// Rows of every metric table under `heading` (a whole line, "" for the start of the file) and
/// before the next heading of the same level.
std::vector<Row> documented(const std::string& readme, const std::string& heading) {
  std::ifstream file(std::string(MELISAI_SOURCE_DIR) + "/plugins/" + readme);
  std::vector<Row> rows;
  bool here = heading.empty();
  bool in_table = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) here = line == heading;
    const bool row = line.starts_with("|");
    if (!row) in_table = false;
    if (!row || !here) continue;
    const Row cells = cells_of(line);
    if (line.starts_with("| metric |")) {
      EXPECT_THAT(cells, ElementsAre("metric", "unit", "better", "tier", "source", "privilege",
                                     "overhead"));
      in_table = true;
    } else if (in_table && !line.starts_with("|-")) {
      EXPECT_THAT(cells, SizeIs(7)) << line;
      if (cells.size() != 7) continue;
      EXPECT_NE(cells[6], "") << "what does it cost? " << line;
      rows.emplace_back(cells.begin(), cells.begin() + 6);
    }
  }
  return rows;
}

std::vector<Row> declared(const std::string& plugin) {
  WorkerProcess worker(worker_arguments(plugin));
  std::vector<Row> rows;
  for (const auto& metric : worker.expect<protocol::Hello>(protocol::HelloRequest{}).metrics) {
    EXPECT_NE(metric.help, "") << metric.name;
    rows.push_back({metric.name, metric.unit, metric.better, std::to_string(metric.tier),
                    metric.source, metric.privilege});
  }
  return rows;
}

struct Documented {
  const char* name;
  std::string plugin;  // "": the program
  const char* readme;
  const char* heading;
};
void PrintTo(const Documented& row, std::ostream* out) { *out << row.name; }
class MetricTable : public ::testing::TestWithParam<Documented> {};

TEST_P(MetricTable, SaysWhatThePluginDeclares) {
  const std::vector<Row> rows = documented(GetParam().readme, GetParam().heading);
  ASSERT_FALSE(rows.empty());
  EXPECT_THAT(rows, ::testing::UnorderedElementsAreArray(declared(GetParam().plugin)));
}

#ifdef MELISAI_EBPF
INSTANTIATE_TEST_SUITE_P(Ebpf, MetricTable,
                         ::testing::Values(Documented{"ebpf", kPlugins + "/ebpf.so",
                                                      "ebpf/README.md", ""}));
#endif

INSTANTIATE_TEST_SUITE_P(
    Plugins, MetricTable,
    ::testing::Values(Documented{"perf", kPlugins + "/perf.so", "perf/README.md", ""},
                      Documented{"process", kPlugins + "/process.so", "process/README.md", ""},
                      Documented{"quiet", kPlugins + "/quiet.so", "quiet/README.md", ""},
                      Documented{"template", kTemplate, "template/README.md", ""},
                      Documented{"python", "", "template/README.md", "## template.py"}),
    [](const auto& row) { return std::string(row.param.name); });

// Opens and closes one window; names of what was emitted.
std::vector<std::string> window_of(const std::string& plugin) {
  WorkerProcess worker(worker_arguments(plugin));
  EXPECT_TRUE(worker.expect<protocol::Hello>(protocol::HelloRequest{}).available);
  EXPECT_EQ(worker.expect<protocol::Started>(protocol::StartRequest{.id = 1}).id, 1);
  EXPECT_EQ(worker.expect<protocol::Pong>(protocol::PingRequest{.id = 2}).id, 2);
  EXPECT_EQ(worker.expect<protocol::Stopped>(protocol::StopRequest{.id = 3}).id, 3);
  std::vector<std::string> names;
  for (const protocol::Samples& frame : worker.samples())
    for (const protocol::SampleValue& sample : frame.samples) {
      EXPECT_GE(sample.value, 0) << sample.metric;
      names.push_back(sample.metric);
    }
  worker.send(protocol::QuitRequest{});
  EXPECT_EQ(worker.wait(), 0);
  return names;
}

TEST(Template, YieldsItsNumbers) {
  EXPECT_THAT(window_of(kTemplate), ElementsAre("context_switches", "window_time"));
}

TEST(Template, YieldsItsNumbersInPython) {
  EXPECT_THAT(window_of(""), ElementsAre("pswpin", "pswpout"));
}

}  // namespace
}  // namespace melisai
