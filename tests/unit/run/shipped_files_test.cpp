// The configuration files in the repository stay equal to the program.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <vector>

#include "core/base/files.h"
#include "core/gate/health/health.h"
#include "core/measure/formats/formats.h"
#include "core/run/project_file.h"

namespace melisai::run {
namespace shipped_files_test {

const EnvLookup kNoVariables = [](const std::string&) { return std::nullopt; };

std::string text_of(const std::string& path) {
  return read_file(MELISAI_SOURCE_DIR "/" + path, 1 << 20).value();
}

// Takes the examples out of their comments: the lines between "# pipelines:" and "pipelines: {}",
// and those between "  # rules:" and "  rules: []".
std::string with_example(const std::string& reference) {
  std::istringstream lines(reference);
  std::string out;
  std::string end;  // of the example that we are in; "" outside
  for (std::string line; std::getline(lines, line);) {
    if (line == "# pipelines:") end = "pipelines: {}";
    if (line == "  # rules:") end = "  rules: []";
    if (line == end) {
      end.clear();
      continue;
    }
    if (const std::size_t mark = line.find('#'); !end.empty() && mark != std::string::npos)
      line.erase(mark, std::min<std::size_t>(2, line.size() - mark));
    out += line + "\n";
  }
  return out;
}

// The keys that the parser knows in the mapping that `before` opens, from its own message about an
// unknown one.
std::set<std::string> known_keys(const std::string& before, const std::string& after) {
  const Result<Project> project =
      parse_project(before + "qqqqqqqqqqqq: 1" + after, "f", kNoVariables,
                    {formats::problem_of, gate::anomaly_problem});
  const std::string message = project ? "accepted" : project.error().message;
  const std::string label = "known keys: ";
  const std::size_t start = message.find(label);
  EXPECT_NE(start, std::string::npos) << message;
  if (start == std::string::npos) return {};
  std::istringstream list(message.substr(start + label.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list >> std::ws, key, ',');) keys.insert(key);
  return keys;
}

// The words before a colon at the start of a line, at this indentation, below a line that starts
// with `section`.
std::set<std::string> keys_below(const std::string& text, const std::string& section,
                                 std::size_t indent) {
  std::set<std::string> keys;
  std::istringstream lines(text);
  bool inside = section.empty();
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find_first_not_of(" -");  // "- name:" is a key too
    if (start == std::string::npos) continue;
    if (inside && !section.empty() && start < indent && line[start] != '#') inside = false;
    if (line.starts_with(section) && !section.empty()) inside = true;
    const std::size_t colon = line.find(':');
    if (!inside || start != indent || line[start] == '#' || colon == std::string::npos) continue;
    keys.insert(line.substr(start, colon - start));
  }
  return keys;
}

TEST(ShippedFiles, ReferenceFileGivesTheDefaults) {
  const Result<Project> project =
      parse_project(text_of("config/melisai-gate.yaml"), "f", kNoVariables,
                    {formats::problem_of, gate::anomaly_problem});
  ASSERT_TRUE(project) << project.error().message;
  EXPECT_EQ(*project, Project{});
}

TEST(ShippedFiles, ReferenceFileShowsEveryKey) {
  const std::string text = text_of("config/melisai-gate.yaml");
  const std::string v = "version: 1\n";
  EXPECT_EQ(keys_below(text, "", 0), known_keys(v, ""));
  for (const std::string section : {"project", "gate", "measure", "collect", "git", "cache"})
    EXPECT_EQ(keys_below(text, section + ":", 2), known_keys(v + section + ": {", "}")) << section;
  EXPECT_EQ(keys_below(text, "  disturbed:", 4), known_keys(v + "collect: { disturbed: {", "} }"));
  EXPECT_EQ(keys_below(text, "  exact:", 4), known_keys(v + "gate: { exact: {", "} }"));

  const std::string example = with_example(text);
  EXPECT_EQ(keys_below(example, "  rules:", 6), known_keys(v + "gate: { rules: [ {", "} ] }"));
  std::set<std::string> pipeline_keys = keys_below(example, "  build:", 4);
  pipeline_keys.merge(keys_below(example, "  nightly:", 4));
  pipeline_keys.merge(keys_below(example, "  benchmark:", 4));
  EXPECT_EQ(pipeline_keys, known_keys(v + "pipelines: { p: {", "} }"));
  std::set<std::string> benchmark_keys = keys_below(example, "    benchmarks:", 8);
  benchmark_keys.insert("filter");  // in a comment: it has no meaning for the format at its default
  EXPECT_EQ(benchmark_keys, known_keys(v + "pipelines: { p: { benchmarks: [ {", "} ] } }"));
}

TEST(ShippedFiles, ExampleInTheReferenceFileHasTheDefaultsItShows) {
  const std::string example = with_example(text_of("config/melisai-gate.yaml"));
  const Result<Project> project =
      parse_project(example, "f", kNoVariables, {formats::problem_of, gate::anomaly_problem});
  ASSERT_TRUE(project) << project.error().message;
  const Rule rule{.benchmark = "*", .metric = "*", .threshold = 0.05, .level = Level::fail};
  EXPECT_EQ(project->gate.rules, std::vector<Rule>{rule});
  ASSERT_EQ(project->pipelines.size(), 3u);
  EXPECT_EQ(project->pipelines[0].timeout, PipelineSpec{}.timeout);
  ASSERT_EQ(project->pipelines[2].benchmarks.size(), 1u);
  BenchmarkSpec expected;
  expected.name = "app";
  expected.run.shell = "./app big.txt";
  expected.setup.shell = "./make-input big.txt";
  expected.pin = Pinning{};
  expected.exact = ExactMode::automatic;
  EXPECT_EQ(project->pipelines[2].benchmarks[0], expected);
  EXPECT_NE(example.find("# filter: \"--benchmark_filter={regex}\""), std::string::npos);
}

TEST(ShippedFiles, TheSchemaKnowsEveryFormat) {
  const std::string schema = text_of("config/schema/melisai-gate.schema.json");
  const std::size_t start =
      schema.find("[", schema.find("enum", schema.find("melisai-gate formats lists")));
  ASSERT_NE(start, std::string::npos);
  std::istringstream words(schema.substr(start, schema.find(']', start) - start));
  std::vector<std::string> listed;
  for (std::string word; std::getline(words, word, '"') && std::getline(words, word, '"');)
    listed.push_back(word);
  std::vector<std::string> expected = {"auto", "command"};
  for (const formats::FormatInfo& info : formats::formats()) expected.emplace_back(info.name);
  EXPECT_EQ(listed, expected) << "correct the enum of 'format' in the schema";
}

TEST(ShippedFiles, EveryReadyPipelineFileParsesAndMeasuresSomething) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MELISAI_SOURCE_DIR "/pipelines")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const std::string name = "pipelines/" + entry.path().filename().string();
    const Result<Project> project = parse_project(text_of(name), name, kNoVariables,
                                                  {formats::problem_of, gate::anomaly_problem});
    ASSERT_TRUE(project) << project.error().message;
    ASSERT_FALSE(project->pipelines.empty()) << name;
    EXPECT_EQ(project->pipelines.front().trigger, PipelineSpec::Trigger::on_commit) << name;
    EXPECT_FALSE(project->pipelines.back().benchmarks.empty()) << name;
    EXPECT_NE(text_of("pipelines/README.md").find(entry.path().filename().string()),
              std::string::npos)
        << name;
  }
  EXPECT_EQ(files, 5);
}

}  // namespace shipped_files_test
}  // namespace melisai::run
