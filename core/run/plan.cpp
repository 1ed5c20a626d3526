#include "core/run/plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/base/config.h"
#include "core/base/glob.h"
#include "core/base/text.h"

namespace melisai::run {
namespace {

using Trigger = PipelineSpec::Trigger;

/// Whether all that it comes after is in `names`.
bool is_released(const PipelineSpec& pipeline, const std::set<std::string>& names) {
  return pipeline.trigger == Trigger::after &&
         std::all_of(pipeline.after.begin(), pipeline.after.end(),
                     [&](const std::string& name) { return names.contains(name); });
}

/// Pipelines reachable from on_commit, parents before children, otherwise in file order.
std::vector<const PipelineSpec*> reachable(const Project& project) {
  std::vector<const PipelineSpec*> order;
  std::set<std::string> taken;
  for (bool grew = true; grew;) {
    grew = false;
    for (const PipelineSpec& pipeline : project.pipelines) {
      if (taken.contains(pipeline.name)) continue;
      const bool ready = pipeline.trigger == Trigger::on_commit || is_released(pipeline, taken);
      if (!ready) continue;
      taken.insert(pipeline.name);
      order.push_back(&pipeline);
      grew = true;
    }
  }
  return order;
}

/// Names of `pipelines` that are benchmark pipelines or that one of them comes after.
std::set<std::string> needed_by_benchmarks(const std::vector<const PipelineSpec*>& pipelines) {
  std::set<std::string> needed;
  // Children first, because parents stand before them.
  for (auto each = pipelines.rbegin(); each != pipelines.rend(); ++each) {
    const PipelineSpec& pipeline = **each;
    if (!pipeline.benchmarks.empty()) needed.insert(pipeline.name);
    if (needed.contains(pipeline.name)) needed.insert(pipeline.after.begin(), pipeline.after.end());
  }
  return needed;
}

using ByName = std::map<std::string, const PipelineSpec*>;

/// Parents before children, and those that nobody declares left out. Files are checked for both.
void append_with_parents(const PipelineSpec& pipeline, const ByName& by_name,
                         std::set<std::string>& taken, std::vector<PipelineSpec>& chain) {
  if (!taken.insert(pipeline.name).second) return;
  for (const std::string& parent : pipeline.after)
    if (const auto found = by_name.find(parent); found != by_name.end())
      append_with_parents(*found->second, by_name, taken, chain);
  chain.push_back(pipeline);
}

bool could_match(const std::string& only, const BenchmarkSpec& spec) {
  if (selects(only, spec.name, spec.name)) return true;
  // "parse/BM_*" reaches into a harness, whose names are known only after its first run.
  return !spec.format.measures_process() && only.starts_with(spec.name + "/");
}

Result<void> check_names_are_apart(const std::vector<BenchmarkSpec>& benchmarks) {
  for (const BenchmarkSpec& outer : benchmarks)
    for (const BenchmarkSpec& inner : benchmarks)
      if (inner.name.starts_with(outer.name + "/"))
        return Error{Errc::config, "benchmark '" + inner.name +
                                       "' would be mixed up with the results of '" + outer.name +
                                       "'; rename one of them"};
  return {};
}

}  // namespace

bool selects(const std::string& only, const std::string& process_name,
             const std::string& full_name) {
  if (only.empty()) return true;
  return matches_glob(only, full_name) || matches_glob(only, process_name);
}

bool belongs_to(const std::string& full_name, const BenchmarkSpec& spec) {
  return full_name == spec.name || full_name.starts_with(spec.name + "/");
}

Result<Plan> make_plan(const Project& project, const std::string& only) {
  const std::vector<const PipelineSpec*> pipelines = reachable(project);
  const std::set<std::string> needed = needed_by_benchmarks(pipelines);
  Plan plan;
  std::set<std::string> after_benchmarks;
  for (const PipelineSpec* pipeline : pipelines) {
    const bool follows =
        std::any_of(pipeline->after.begin(), pipeline->after.end(),
                    [&](const std::string& name) { return after_benchmarks.contains(name); });
    if (follows || !pipeline->benchmarks.empty()) after_benchmarks.insert(pipeline->name);
    for (BenchmarkSpec spec : pipeline->benchmarks) {
      spec.env.insert(pipeline->env.begin(),
                      pipeline->env.end());  // the benchmark's own entry wins
      plan.benchmarks.push_back(std::move(spec));
    }
    if (pipeline->run.empty()) continue;
    if (needed.contains(pipeline->name))
      plan.both_sides.push_back(*pipeline);
    else
      (follows ? plan.after_gate : plan.head_only).push_back(*pipeline);
  }
  if (plan.benchmarks.empty())
    return Error{Errc::config,
                 "no benchmark is reachable from an on_commit pipeline; add `benchmarks:` to a "
                 "pipeline with `trigger: "
                 "on_commit` or `after_<name>`, or use --bench CMD"};
  MELISAI_CHECK(check_names_are_apart(plan.benchmarks));
  std::vector<std::string> names;
  for (const BenchmarkSpec& spec : plan.benchmarks) names.push_back(spec.name);
  std::erase_if(plan.benchmarks,
                [&](const BenchmarkSpec& spec) { return !could_match(only, spec); });
  if (plan.benchmarks.empty())
    return Error{Errc::config, "--only " + in_quotes(only) + " matches no benchmark" +
                                   suggestion(only, names, "benchmarks")};
  return plan;
}

Result<std::vector<PipelineSpec>> chain_to(const std::string& name, const Project& project) {
  ByName by_name;
  std::vector<std::string> names;
  for (const PipelineSpec& pipeline : project.pipelines) {
    by_name[pipeline.name] = &pipeline;
    names.push_back(pipeline.name);
  }
  if (!by_name.contains(name))
    return Error{Errc::config, "the pipeline file has no pipeline " + in_quotes(name) +
                                   suggestion(name, names, "it has")};
  std::vector<PipelineSpec> chain;
  std::set<std::string> taken;
  append_with_parents(*by_name.at(name), by_name, taken, chain);
  for (PipelineSpec& pipeline : chain)
    if (pipeline.trigger != Trigger::after) pipeline.trigger = Trigger::on_commit;
  return chain;
}

Result<std::vector<PipelineSpec>> pipelines_from(const CommandLinePipelines& commands) {
  if (commands.bench.empty())
    return Error{
        Errc::usage,
        "--build and --test need at least one --bench CMD; without them the pipeline file is used"};
  for (const std::string& line : commands.bench)
    if (line.find_first_not_of(" \t\n") == std::string::npos)
      return Error{Errc::usage,
                   "--bench is empty; give the command to measure, as in --bench './app'"};
  std::vector<PipelineSpec> pipelines;
  const auto add = [&](const std::string& name, const std::string& line,
                       Milliseconds timeout) -> PipelineSpec& {
    PipelineSpec pipeline;
    pipeline.name = name;
    pipeline.trigger =
        commands.build.empty() || name == "build" ? Trigger::on_commit : Trigger::after;
    if (pipeline.trigger == Trigger::after) pipeline.after = {"build"};
    pipeline.run.shell = line;
    pipeline.timeout = timeout;
    return pipelines.emplace_back(std::move(pipeline));
  };
  using std::chrono::minutes;
  if (!commands.build.empty()) add("build", commands.build, minutes{30});
  if (!commands.test.empty()) add("test", commands.test, minutes{60});
  PipelineSpec& benchmark = add("benchmark", "", minutes{30});
  for (const std::string& line : commands.bench) {
    BenchmarkSpec spec;
    const std::size_t number = benchmark.benchmarks.size() + 1;
    spec.name = number == 1 ? "bench" : "bench-" + std::to_string(number);
    spec.run.shell = line;
    benchmark.benchmarks.push_back(std::move(spec));
  }
  return pipelines;
}

}  // namespace melisai::run
