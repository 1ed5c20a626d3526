// What starts a benchmark's history anew, and what does not.
#include "core/run/configuration.h"

#include <gtest/gtest.h>

#include <functional>

namespace melisai::run {
namespace {

BenchmarkSpec benchmark(const std::string& name) {
  BenchmarkSpec spec;
  spec.name = name;
  spec.run.shell = "./" + name;
  return spec;
}

PipelineSpec pipeline(const std::string& name, const std::string& after) {
  PipelineSpec spec;
  spec.name = name;
  spec.trigger = after.empty() ? PipelineSpec::Trigger::on_commit : PipelineSpec::Trigger::after;
  if (!after.empty()) spec.after = {after};
  spec.run.shell = "make " + name;
  return spec;
}

/// build -> bench (parse, print), and other -> other-bench (scan).
Project project() {
  Project made;
  made.pipelines = {pipeline("build", ""), pipeline("bench", "build"), pipeline("other", ""),
                    pipeline("other-bench", "other")};
  made.pipelines[1].benchmarks = {benchmark("parse"), benchmark("print")};
  made.pipelines[3].benchmarks = {benchmark("scan")};
  return made;
}

struct Edit {
  std::string name;
  std::function<void(Project&)> make;
};
std::string edit_name(const testing::TestParamInfo<Edit>& info) { return info.param.name; }
bool changes_parse(const Edit& edit) {
  Project edited = project();
  edit.make(edited);
  return benchmark_configuration(edited, "parse") != benchmark_configuration(project(), "parse");
}
BenchmarkSpec& parse(Project& in) { return in.pipelines[1].benchmarks[0]; }

class EditOfItsOwn : public testing::TestWithParam<Edit> {};
TEST_P(EditOfItsOwn, IsAnotherConfiguration) { EXPECT_TRUE(changes_parse(GetParam())); }
INSTANTIATE_TEST_SUITE_P(
    Edits, EditOfItsOwn,
    testing::Values(Edit{"Run", [](Project& in) { parse(in).run.shell = "./parse -v"; }},
                    Edit{"Setup", [](Project& in) { parse(in).setup.shell = "gunzip data"; }},
                    Edit{"Environment", [](Project& in) { parse(in).env["A"] = "1"; }},
                    Edit{"Format", [](Project& in) { parse(in).format.name = "google-benchmark"; }},
                    Edit{"Pin",
                         [](Project& in) {
                           parse(in).pin = Pinning{Pinning::Mode::off, {}};
                         }},
                    Edit{"PinOfAll", [](Project& in) { in.measure.pin.mode = Pinning::Mode::off; }},
                    Edit{"Cgroup", [](Project& in) { in.measure.cgroup = CgroupMode::off; }},
                    Edit{"PassedEnvironment", [](Project& in) { in.measure.pass_env = {"LANG"}; }},
                    Edit{"ItsPipeline", [](Project& in) { in.pipelines[1].env["A"] = "1"; }},
                    Edit{"TheBuildBefore",
                         [](Project& in) { in.pipelines[0].run.shell = "make -j fast"; }}),
    edit_name);

class EditOfANeighbour : public testing::TestWithParam<Edit> {};
TEST_P(EditOfANeighbour, IsTheSameConfiguration) { EXPECT_FALSE(changes_parse(GetParam())); }
INSTANTIATE_TEST_SUITE_P(
    Edits, EditOfANeighbour,
    testing::Values(
        Edit{"OneMore",
             [](Project& in) { in.pipelines[1].benchmarks.push_back(benchmark("new")); }},
        Edit{"OneLess", [](Project& in) { in.pipelines[1].benchmarks.pop_back(); }},
        Edit{"ItsRun", [](Project& in) { in.pipelines[1].benchmarks[1].run.shell = "./other"; }},
        Edit{"AnotherBuild", [](Project& in) { in.pipelines[2].run.shell = "make more"; }},
        Edit{"Threshold", [](Project& in) { in.gate.threshold = 0.1; }}),
    edit_name);

TEST(BenchmarkConfiguration, IsUnknownOfWhatNoPipelineDeclares) {
  EXPECT_EQ(benchmark_configuration(project(), "ab"), "");
  EXPECT_EQ(benchmark_configuration(project(), "parse").size(), 16u);
  EXPECT_NE(benchmark_configuration(project(), "parse"),
            benchmark_configuration(project(), "print"));
}

}  // namespace
}  // namespace melisai::run
