#include "core/records.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/glob.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/exhibits.h"
#include "core/gate/gate.h"
#include "core/history_import.h"
#include "core/records_json.h"
#include "core/report/github/github.h"
#include "core/report/report.h"

namespace melisai {
namespace {

using store::Store;

using Judgements = std::map<SeriesId, store::StoredJudgement>;

bool health_votes(const Report& report) {
  return report.health.profile != kNoProfile && report.health.level == Level::fail;
}

/// Series that had a share of the false alarms and have no pairs.
int counted_in(const Report& report) {
  return static_cast<int>(std::count_if(
      report.benchmarks.begin(), report.benchmarks.end(), [](const BenchmarkResult& each) {
        return each.level != Level::off && each.base && each.base->values > 0;
      }));
}

Judgements judgements_of(const Report& report) {
  const Policy policy{.threshold = report.threshold};
  Judgements judgements;
  const int counted = counted_in(report);
  for (const BenchmarkResult& each : report.benchmarks) {
    store::StoredJudgement& judgement = judgements[{each.name, each.metric.name}];
    judgement.level = each.level;
    judgement.health_votes = health_votes(report);
    judgement.counted = counted;
    const double threshold = gate::percentage_of(each, policy);
    // What replay would refuse, such as the null of a damaged report, is not said.
    if (threshold >= kThresholdMin && threshold <= kThresholdMax) judgement.threshold = threshold;
  }
  return judgements;
}

/// Whether it would have had a vote is then not recorded. `ab` has no health.
bool ended_before_health(const Report& report) {
  return report.command != "ab" && report.verdict == Verdict::error &&
         report.health.profile == kNoProfile;
}

/// What of the run's policy is not in its pairs and not what replay does without options; each with
/// a blank in front.
std::string replay_options(const Report& report) {
  const Policy usual;
  const auto fraction = [](const char* name, double value, double usual_value) {
    return value == usual_value ? "" : name + nlohmann::json(value).dump();
  };
  const bool is_known = report.max_pairs > 0;
  return fraction(" --false-alarm ", report.false_alarm, usual.false_alarm) +
         fraction(" --miss ", report.miss, usual.miss) +
         (is_known && report.max_pairs != usual.max_pairs
              ? " --max-pairs " + std::to_string(report.max_pairs)
              : "");
}

/// Their paths, a line each. Errors: not_found.
Result<std::string> flame_graphs(const store::Run& run) {
  const std::string name = "run " + std::to_string(run.summary.id);
  std::string paths;
  for (const Evidence& evidence : run.report->evidence)
    for (const EvidenceFile& file : evidence.files)
      if (file.kind == "flame_graph") paths += printable(run.output_dir + "/" + file.path) + "\n";
  if (paths.empty())
    return Error{Errc::not_found, name + " has no flame graph; `melisai-gate explain " +
                                      std::to_string(run.summary.id) + "` says why"};
  if (report::is_of_run(run.output_dir, run.summary.id)) return paths;
  return Error{Errc::not_found, "the flame graphs of " + name + " are no longer in " +
                                    printable(run.output_dir) +
                                    "; check again, with an --output-dir of its own to keep them"};
}

std::string directory_of(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return path;
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

/// A file that somebody names is their mistake when it is no report. Errors: usage, io.
Result<Report> report_at(const std::string& path) {
  std::error_code error;
  const std::string file =
      std::filesystem::is_directory(path, error) ? path + "/report.json" : path;
  const Result<std::string> text = read_file(file, kReportBytesMax);
  if (!text && text.error().code == Errc::not_found)
    return Error{Errc::usage, "there is no report in " + in_quotes(path) +
                                  "; `check` writes report.json into melisai-report"};
  if (!text) return text.error();
  Result<Report> report = report_from_json(*text);
  if (!report)
    return Error{Errc::usage,
                 printable(file) + " is no report of a check: " + report.error().message};
  return report;
}

std::string rendered(const Report& report, PrintReport::Format format,
                     const report::Exhibits& exhibits) {
  switch (format) {
    case PrintReport::Format::html: return report::to_html(report, exhibits);
    case PrintReport::Format::github: return report::comment_of(report, {});
    case PrintReport::Format::json: return to_json(report);
    case PrintReport::Format::markdown: return report::render_markdown(report);
    case PrintReport::Format::junit: return report::render_junit(report);
    case PrintReport::Format::badge: return report::render_badge(report::badge_of(report));
    case PrintReport::Format::terminal: break;
  }
  return report::render_terminal(report, {});
}

class Records {
 public:
  explicit Records(const RecordsWorld& world) : world_(world) {}

  Result<void> operator()(const ListRuns& request) {
    MELISAI_TRY(const std::optional<Store> store, Store::open_reader(world_.state_dir));
    std::vector<store::RunSummary> runs;
    if (!store && request.is_named) {
      const std::string nothing = "no run is stored in " + world_.state_dir;
      // A program may ask before the first check has begun.
      if (request.json)
        world_.note(nothing);
      else
        return Error{Errc::not_found,
                     nothing + "; name the --state-dir of `check` or of the daemon"};
    }
    if (store) {
      MELISAI_TRY(runs, store->runs({.project = request.project, .limit = request.limit}));
    }
    if (request.json) return print(runs_json(runs));
    if (runs.empty())
      return print(
          "no run " +
          (request.project.empty() ? "" : "of project " + in_quotes(request.project) + " ") +
          "is stored in " + world_.state_dir + "\n");
    return print(report::render_runs(runs));
  }

  Result<void> operator()(const PrintPairs& request) {
    MELISAI_TRY(const Store store, reader());
    MELISAI_TRY(const store::RunId id, number_of(request.run, store));
    // An unknown run is an error, one without pairs is an empty file.
    MELISAI_TRY(const store::Run run, store.run(id));
    const Judgements judgements = run.report ? judgements_of(*run.report) : Judgements();
    // The gate passed over what no warm-up showed; without results nothing is known.
    const store::StoredJudgement otherwise{.level = judgements.empty() ? Level::fail : Level::off,
                                           .threshold = {},
                                           .health_votes = run.report && health_votes(*run.report),
                                           .counted = run.report ? counted_in(*run.report) : 0};
    MELISAI_CHECK(store.for_each_pair(id, [&](const store::StoredPair& pair) {
      const auto found = judgements.find(pair.id);
      return print(store::pair_line(pair, found == judgements.end() ? otherwise : found->second));
    }));
    const std::string options = run.report ? replay_options(*run.report) : "";
    if (!options.empty())
      world_.note("run " + std::to_string(id) + " was judged with" + options +
                  "; the lines do not say that, so give it to `melisai-gate replay` too");
    if (!run.report || ended_before_health(*run.report))
      world_.note(
          "run " + std::to_string(id) +
          " ended before the health of the host was judged, so the lines do not say whether "
          "that had a vote (gate.health.level: fail); if it had, `melisai-gate replay` "
          "gives every series a larger share of the false alarms than the run did");
    return {};
  }

  Result<void> operator()(const ShowRun& request) {
    MELISAI_TRY(const Store store, reader());
    MELISAI_TRY(const store::RunId id, number_of(request.run, store));
    MELISAI_TRY(const store::Run run, store.run(id));
    return print(request.json ? run_json(run) : report::render_run(run));
  }

  Result<void> operator()(const PrintReport& request) {
    if (!request.path.empty()) {
      MELISAI_TRY(const Report report, report_at(request.path));
      const std::string directory = directory_of(request.path);
      return print(
          rendered(report, request.format, {.flames = report::read_flames(report, directory)}));
    }
    MELISAI_TRY(const Store store, reader());
    MELISAI_TRY(const store::RunId id, number_of(request.run, store));
    MELISAI_TRY(const store::Run run, store.run(id));
    if (!run.report)
      return Error{Errc::not_found, "run " + std::to_string(id) + " has no report (" +
                                        std::string(to_string(run.summary.state)) +
                                        "); `melisai-gate runs --pairs " + std::to_string(id) +
                                        "` prints what it measured"};
    report::Exhibits exhibits;
    if (request.format == PrintReport::Format::html) {
      exhibits = exhibits_of(store, id, *run.report);
      exhibits.history = histories_of(store, *run.report);
      if (report::is_of_run(run.output_dir, id))
        exhibits.flames = report::read_flames(*run.report, run.output_dir);
    }
    return print(rendered(*run.report, request.format, exhibits));
  }

  Result<void> operator()(const ExplainRun& request) {
    MELISAI_TRY(const Store store, reader());
    MELISAI_TRY(const store::RunId id, number_of(request.run, store));
    MELISAI_TRY(const store::Run run, store.run(id));
    if (!run.report)
      return Error{Errc::not_found, "run " + std::to_string(id) + " has no report (" +
                                        std::string(to_string(run.summary.state)) + ")"};
    if (request.json) return print(evidence_json(*run.report));
    if (!request.flame) return print(report::render_explanation(*run.report));
    MELISAI_TRY(const std::string graphs, flame_graphs(run));
    return print(graphs);
  }

  Result<void> operator()(const CollectGarbage& request) {
    MELISAI_TRY(Store store, writer("gc"));
    MELISAI_TRY(const store::Collected gone,
                store.collect_garbage(request.retention, world_.clock.now()));
    return print("removed " + report::count_of(gone.runs, "run") + ", freed " +
                 format_bytes(gone.bytes) + "\n");
  }

  Result<void> operator()(const ListBaselines& request) {
    MELISAI_TRY(const std::optional<Store> store, Store::open_reader(world_.state_dir));
    std::vector<store::Baseline> baselines;
    if (store) {
      MELISAI_TRY(baselines, store->baselines(request.project));
    }
    if (request.json) return print(baselines_json(baselines));
    if (baselines.empty())
      return print("no baseline is stored; a trusted check that passes on a branch becomes one\n");
    return print(report::render_baselines(baselines));
  }

  Result<void> operator()(const SetBaseline& request) {
    MELISAI_TRY(Store store, writer("baseline set"));
    MELISAI_TRY(const store::RunId id, number_of(request.run, store));
    MELISAI_TRY(const store::Run run, store.run(id));
    const std::string& branch = request.branch.empty() ? run.summary.branch : request.branch;
    MELISAI_TRY(const store::Baseline set,
                store.set_baseline(id, branch, utc_time(world_.clock.now())));
    if (run.summary.verdict != Verdict::pass)
      world_.note("run " + std::to_string(id) + " did not pass: " + run.summary.reason);
    return print("baseline " + std::to_string(set.id) + ": run " + std::to_string(set.run) +
                 " for branch " + printable(set.branch) + " of " + printable(set.project) +
                 "; green runs no longer move it\n");
  }

  Result<void> operator()(const RemoveBaseline& request) {
    MELISAI_TRY(Store store, writer("baseline rm"));
    MELISAI_CHECK(store.remove_baseline(request.id));
    return print("removed baseline " + std::to_string(request.id) + "\n");
  }

  Result<void> operator()(const Acknowledge& request) {
    if (request.what.until < utc_time(world_.clock.now()).substr(0, 10))
      return Error{Errc::usage, "--until: " + request.what.until + " is in the past"};
    MELISAI_TRY(Store store, writer("ack"));
    MELISAI_TRY(const std::int64_t id,
                store.acknowledge(request.project, request.what, utc_time(world_.clock.now())));
    MELISAI_CHECK(note_when_unknown(store, request));
    return print("acknowledged as " + std::to_string(id) + " in project " +
                 printable(request.project) + " until " + request.what.until + "\n");
  }

  Result<void> operator()(const ListAcknowledgements& request) {
    MELISAI_TRY(const std::optional<Store> store, Store::open_reader(world_.state_dir));
    std::vector<store::StoredAcknowledgement> all;
    if (store) {
      MELISAI_TRY(all, store->acknowledgements(request.project));
    }
    if (request.json) return print(acknowledgements_json(all));
    if (all.empty()) return print("nothing is acknowledged\n");
    return print(report::render_acknowledgements(all));
  }

  Result<void> operator()(const ImportHistory& request) {
    const auto results = results_to_import(request, utc_time(world_.clock.now()));
    // A file that cannot be read as results is the user's mistake, a store that cannot is not.
    if (!results && (results.error().code == Errc::parse || results.error().code == Errc::limit))
      return Error{Errc::usage, results.error().message};
    if (!results) return results.error();
    MELISAI_TRY(Store store, writer("history import"));
    MELISAI_TRY(const Imported imported,
                import_results(*results, request, store, world_.interrupted));
    return print(
        "imported " + report::count_of(imported.commits, "commit") + " into project " +
        printable(request.project) +
        (imported.known > 0 ? ", " + std::to_string(imported.known) + " were there already" : "") +
        "; `melisai-gate history --benchmark '*'` tells where they changed\n");
  }

  Result<void> operator()(const RemoveAcknowledgement& request) {
    MELISAI_TRY(Store store, writer("ack --rm"));
    MELISAI_CHECK(store.remove_acknowledgement(request.id));
    return print("removed acknowledgement " + std::to_string(request.id) + "\n");
  }

 private:
  Result<void> print(std::string_view text) const {
    if (world_.print(text)) return {};
    return cannot_print();
  }

  Result<Store> reader() const {
    MELISAI_TRY(std::optional<Store> store, Store::open_reader(world_.state_dir));
    if (!store) return Error{Errc::not_found, "no run is stored in " + world_.state_dir};
    return *std::move(store);
  }

  Result<Store> writer(const std::string& command) const {
    return Store::open_writer(world_.state_dir,
                              {.command = "melisai-gate " + command,
                               .wait = world_.lock_wait,
                               .interrupted = world_.interrupted,
                               .waiting = world_.note},
                              world_.clock.now());
  }

  static Result<store::RunId> number_of(const RunName& name, const Store& store) {
    if (name.id) return *name.id;
    return store.newest_run();
  }

  /// A misspelt name would wait for a benchmark that never comes.
  Result<void> note_when_unknown(const Store& store, const Acknowledge& request) const {
    MELISAI_TRY(const std::vector<store::RunSummary> runs,
                store.runs({.project = request.project, .limit = 1}));
    if (runs.empty()) {
      world_.note("no run of project " + in_quotes(request.project) +
                  " is stored here yet; is the name right? See --project");
      return {};
    }
    MELISAI_TRY(const store::Run run, store.run(runs.front().id));
    if (!run.report) return {};
    std::vector<std::string> names;
    for (const BenchmarkResult& result : run.report->benchmarks) {
      if (matches_glob(request.what.benchmark, result.name) &&
          matches_glob(request.what.metric, result.metric.name))
        return {};
      names.push_back(result.name);
    }
    const std::string near = nearest_name(request.what.benchmark, names);
    world_.note("nothing in run " + std::to_string(runs.front().id) + " is called " +
                in_quotes(request.what.benchmark) + " with metric " +
                in_quotes(request.what.metric) +
                (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"));
    return {};
  }

  const RecordsWorld& world_;
};

}  // namespace

Result<void> answer(const RecordsRequest& request, const RecordsWorld& world) {
  return std::visit(Records(world), request);
}

}  // namespace melisai
