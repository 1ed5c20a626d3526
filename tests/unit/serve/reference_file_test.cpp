// config/serve.yaml stays equal to the program.
#include <set>
#include <sstream>

#include "tests/unit/serve/config_fixture.h"

namespace melisai::serve {
namespace reference_file_test {

const std::vector<std::string> kExamples = {"projects", "pipelines", "workflows",
                                            "triggers", "notify",    "fixer"};

/// Takes the examples out of their comments: the lines between "# SECTION:" and "SECTION:".
std::string with_examples(const std::string& reference) {
  std::istringstream lines(reference);
  std::string out;
  std::string section;    // of the example that we are in; "" outside
  bool replaced = false;  // the section at its default follows, up to an empty line
  for (std::string line; std::getline(lines, line);) {
    for (const std::string& each : kExamples)
      if (line == "# " + each + ":") section = each;
    if (!section.empty() && line.starts_with(section + ":")) replaced = true;
    if (replaced && line.empty()) {
      replaced = false;
      section.clear();
    }
    if (replaced) continue;
    if (!section.empty() && line.starts_with('#'))
      line.erase(0, std::min<std::size_t>(2, line.size()));
    out += line + "\n";
  }
  return out;
}

/// The keys that the parser knows in the mapping that `before` opens, from its own message about an
/// unknown one.
std::set<std::string> known_keys(const std::string& before, const std::string& after) {
  const std::string message = error_of(before + "qqqqqqqqqqqq: 1" + after);
  const std::string label = "known keys: ";
  const std::size_t start = message.find(label);
  EXPECT_NE(start, std::string::npos) << message;
  if (start == std::string::npos) return {};
  std::istringstream list(message.substr(start + label.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list >> std::ws, key, ',');) keys.insert(key);
  return keys;
}

/// The keys of every mapping at this path; "*" is any key or item.
void collect_keys(const ConfigValue& value, const std::vector<std::string>& path, std::size_t at,
                  std::set<std::string>& keys) {
  for (const ConfigValue& item : value.items) collect_keys(item, path, at + 1, keys);
  for (const ConfigEntry& entry : value.entries) {
    if (at == path.size())
      keys.insert(entry.key);
    else if (path[at] == "*" || path[at] == entry.key)
      collect_keys(entry.value, path, at + 1, keys);
  }
}

std::set<std::string> shown_keys(const ConfigValue& tree, const std::vector<std::string>& path) {
  std::set<std::string> keys;
  collect_keys(tree, path, 0, keys);
  return keys;
}

TEST(ReferenceFile, GivesTheDefaults) {
  const LoadedConfig read = loaded(text_of("config/serve.yaml"));
  EXPECT_EQ(read.config, ServeConfig{});
  EXPECT_EQ(read.remarks, std::vector<std::string>{"no project: serve has nothing to watch"});
}

TEST(ReferenceFile, ShowsEveryKey) {
  const ConfigValue tree =
      parse_config(with_examples(text_of("config/serve.yaml")), "serve.yaml").value();
  std::set<std::string> root = shown_keys(tree, {});
  root.insert("project");  // in a comment: the short form of 'projects'
  EXPECT_EQ(root, known_keys("", ""));
  EXPECT_EQ(shown_keys(tree, {"orchestrator"}), known_keys("orchestrator: {", "}"));
  for (const std::string section : {"cache", "resources", "preflight", "timeouts", "monitoring",
                                    "failure_handling", "persistence", "optimization"})
    EXPECT_EQ(shown_keys(tree, {"orchestrator", section}),
              known_keys("orchestrator: { " + section + ": {", "} }"))
        << section;
  EXPECT_EQ(shown_keys(tree, {"orchestrator", "persistence", "redis"}),
            known_keys("orchestrator: { persistence: { redis: {", "} } }"));
  for (const std::string section : {"logging", "git", "http", "notify", "fixer"})
    EXPECT_EQ(shown_keys(tree, {section}), known_keys(section + ": {", "}")) << section;
  EXPECT_EQ(shown_keys(tree, {"logging", "handlers", "*"}),
            known_keys("logging: { handlers: [ { type: file, ", "} ] }"));
  EXPECT_EQ(shown_keys(tree, {"http", "tls"}), known_keys("http: { tls: {", "} }"));
  EXPECT_EQ(shown_keys(tree, {"notify", "email"}), known_keys("notify: { email: {", "} }"));
  EXPECT_EQ(shown_keys(tree, {"notify", "webhook"}), known_keys("notify: { webhook: {", "} }"));
  EXPECT_EQ(shown_keys(tree, {"projects", "*"}), known_keys("projects: [ {", "} ]"));
  EXPECT_EQ(shown_keys(tree, {"projects", "*", "webhook"}),
            known_keys("projects: [ { repository: /a, webhook: {", "} } ]"));
  EXPECT_EQ(shown_keys(tree, {"projects", "*", "forge"}),
            known_keys("projects: [ { repository: /a, forge: {", "} } ]"));
  EXPECT_EQ(known_keys("projects: [ { repository: /a, forge: { app: {", "} } } ]"),
            (std::set<std::string>{"id", "key_file"}));
  EXPECT_EQ(shown_keys(tree, {"projects", "*", "pull_requests"}),
            known_keys("projects: [ { pull_requests: {", "} } ]"));
  EXPECT_EQ(shown_keys(tree, {"workflows", "*"}), known_keys("workflows: { w: {", "} }"));
  EXPECT_EQ(shown_keys(tree, {"workflows", "*", "steps", "*"}),
            known_keys("workflows: { w: { steps: [ {", "} ] } }"));
  EXPECT_EQ(shown_keys(tree, {"triggers", "*"}), known_keys("triggers: { t: {", "} }"));
}

TEST(ReferenceFile, ShowsTheKeysThatPipelinesHaveOnlyHere) {
  const ConfigValue tree =
      parse_config(with_examples(text_of("config/serve.yaml")), "serve.yaml").value();
  std::set<std::string> expected = known_keys("pipelines: { p: {", "} }");
  for (const std::string key : {"run", "env", "cache", "timeout", "benchmarks"})
    expected.erase(key);
  EXPECT_EQ(shown_keys(tree, {"pipelines", "*"}), expected);
  EXPECT_EQ(shown_keys(tree, {"pipelines", "*", "if"}),
            known_keys("pipelines: { p: { if: {", "} } }"));
  EXPECT_EQ(shown_keys(tree, {"pipelines", "*", "duration"}),
            known_keys("pipelines: { p: { duration: {", "} } }"));
}

TEST(ReferenceFile, ExamplesAreRight) {
  const ServeConfig config =
      config_of(with_examples(text_of("config/serve.yaml")) + "# of the examples\n");
  ASSERT_EQ(config.projects.size(), 2u);
  EXPECT_EQ(config.projects[1].name, "tool");
  EXPECT_EQ(config.projects[0].forge,
            (ForgeAccess{
                .kind = ForgeKind::gitea, .api = "https://example.org/api/v1", .token = "t0ken"}));
  ASSERT_EQ(config.pipelines.size(), 2u);
  EXPECT_EQ(config.pipelines[0].duration, default_duration_limits("build"));
  EXPECT_EQ(config.workflows.size(), 2u);
  EXPECT_EQ(config.triggers.size(), 1u);
  EXPECT_EQ(config.notify.email.port, 587);
  EXPECT_EQ(config.notify.web, (WebNoticeOptions{.url = "https://chat.example.org/hooks/x"}));
}

}  // namespace reference_file_test
}  // namespace melisai::serve
