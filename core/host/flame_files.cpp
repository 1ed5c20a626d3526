#include "core/host/flame_files.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/base/files.h"
#include "core/base/secrets.h"
#include "core/base/text.h"
#include "core/flame/flame.h"

namespace melisai::host {
namespace {

constexpr double kMillisecondsPerSecond = 1e3;
constexpr double kNanosecondsPerMillisecond = 1e6;

struct Graph {
  const char* collector;
  const char* file;
  const char* title;
  flame::Weight weight;
};
constexpr std::array<Graph, 2> kGraphs{{
    {"profile", "on-cpu", "on the CPU", flame::Weight::count},
    {"offcputime", "off-cpu", "off the CPU", flame::Weight::time},
}};

const HostResult* result_of(const HostReport& report, const std::string& collector) {
  for (const auto& [category, results] : report.categories)
    for (const HostResult& each : results)
      if (each.collector == collector) return &each;
  return nullptr;
}

/// What was watched, for people.
std::string subject_of(const HostReport& report) {
  const std::optional<HostTarget>& target = report.metadata.target;
  if (!target) return report.metadata.hostname;
  if (!target->command.empty()) return target->command;
  if (target->pid) return target->name + " (" + std::to_string(*target->pid) + ")";
  return target->cgroup;
}

/// Files are shown to people who need not know whose home they lie in.
std::string without_home(std::string path) {
  const char* const home = std::getenv("HOME");
  if (home != nullptr && std::string_view(home).size() > 1 &&
      path.starts_with(std::string(home) + "/"))
    path.replace(0, std::string_view(home).size(), "~");
  return masked(std::move(path));
}

class Writer {
 public:
  Writer(const HostReport& report, std::string directory, naming::Options naming)
      : report_(report), directory_(std::move(directory)), namer_(std::move(naming)) {}

  Result<FlameFiles> all() {
    for (const Graph& graph : kGraphs) MELISAI_CHECK(write(graph));
    const Result<std::vector<symbols::FileProblem>> files = namer_.problems();
    if (files)
      for (const symbols::FileProblem& each : *files)
        told_.problems.push_back("names are missing: " + masked(text_of(each, without_home)));
    return std::move(told_);
  }

 private:
  Result<void> write(const Graph& graph) {
    const HostResult* const part = result_of(report_, graph.collector);
    if (part == nullptr) return {};
    const auto problem = [&](const std::string& what) {
      told_.problems.push_back(std::string(graph.collector) + ": " + masked(what));
    };
    for (const std::string& error : part->errors) problem(error);
    if (part->data.empty()) return {};
    const Result<CollectedStacks> collected = collected_stacks_from_json(part->data.to_json());
    if (!collected) {
      problem(collected.error().message);
      return {};
    }
    Result<flame::Named> names = namer_.name_stacks(*collected, graph.weight);
    if (!names) {
      problem("no graph, because names are missing: " + names.error().message);
      return {};
    }
    flame::Named named = *std::move(names);
    if (!(named.stacks.total() > 0)) {
      problem("no stacks were seen");
      return {};
    }
    if (!named.advice.empty()) problem(named.advice);
    if (part->truncated) problem("there were more different stacks than a collector may tell");
    const double hertz = part->data.number("frequency_hz").value_or(0);
    const bool is_sampled = graph.weight == flame::Weight::count;
    const bool is_time = !is_sampled || hertz > 0;
    const double scale = !is_sampled ? 1 / kNanosecondsPerMillisecond
                         : is_time   ? kMillisecondsPerSecond / hertz
                                     : 1;
    const std::string folded = flame::to_folded(named.stacks);
    flame::Runs runs;
    runs.head.push_back(std::move(named.stacks));
    MELISAI_CHECK(put(std::string(graph.file) + ".svg",
                      render_svg(runs, {.title = subject_of(report_) + ": " + graph.title,
                                        .base = "",
                                        .head = subject_of(report_),
                                        .unit = is_time ? "ms" : "samples",
                                        .scale = scale})));
    return put(std::string(graph.file) + ".folded", folded);
  }

  Result<void> put(const std::string& name, const std::string& content) {
    MELISAI_CHECK(make_directories(directory_));
    const std::string path = directory_ + "/" + name;
    MELISAI_CHECK(write_file(path, masked(content)));
    told_.written.push_back(path);
    return {};
  }

  const HostReport& report_;
  std::string directory_;
  naming::Namer namer_;
  FlameFiles told_;
};

}  // namespace

std::string why_no_stacks(const HostProfile& profile) {
  const bool any = std::any_of(kGraphs.begin(), kGraphs.end(), [&](const Graph& graph) {
    return runs(profile, {.name = graph.collector, .category = "stacktrace", .tier = 3});
  });
  if (any) return "";
  return "profile " + in_quotes(profile.name) +
         " looks at no stacks; choose --profile deep, or one of your own with the tools profile "
         "and "
         "offcputime";
}

Result<FlameFiles> write_flame_files(const HostReport& report, const std::string& directory,
                                     naming::Options naming) {
  return Writer(report, directory, std::move(naming)).all();
}

}  // namespace melisai::host
