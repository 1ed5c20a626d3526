#include "core/base/clock.h"
#include "core/report/report.h"
#include "core/report/summary.h"
#include "core/report/table.h"

namespace melisai::report {
namespace {

constexpr std::size_t kShaDigits = 10;

std::string short_sha(const std::string& sha) { return sha.substr(0, kShaDigits); }

/// "2026-11-21 02:07"
std::string minute_of(const std::string& rfc3339) {
  std::string text = rfc3339.substr(0, 16);
  if (text.size() > 10) text[10] = ' ';
  return text;
}

std::string commits_of(const store::RunSummary& run) {
  if (run.head.sha.empty()) return "-";
  return (run.base.sha.empty() ? "?" : short_sha(run.base.sha)) + ".." + short_sha(run.head.sha);
}

std::string outcome_of(const store::RunSummary& run) {
  return std::string(run.verdict ? to_string(*run.verdict) : to_string(run.state));
}

std::string state_of(const PipelineRun& run, Daemon daemon) {
  if (run.outcome) return std::string(to_string(*run.outcome));
  if (daemon == Daemon::gone && run.state == PipelineRun::State::running) return "interrupted";
  return std::string(to_string(run.state));
}

std::string status_text(const CollectorResult& collector) {
  return std::string(collector.status == CollectorStatus::ok ? "available"
                                                             : to_string(collector.status));
}

}  // namespace

std::string render_runs(const std::vector<store::RunSummary>& runs) {
  Table table({{.title = "run", .align = Align::right},
               {"started (UTC)"},
               {"project", 24},
               {"branch", 24},
               {"base..head"},
               {"verdict"},
               {.title = "pairs", .align = Align::right},
               {"reason", 80}});
  for (const store::RunSummary& run : runs)
    table.add({std::to_string(run.id), minute_of(run.started_at),
               run.project.empty() ? run.command : run.project, run.branch, commits_of(run),
               outcome_of(run), std::to_string(run.pairs), run.reason});
  return table.text();
}

std::string render_pipeline_runs(const std::vector<PipelineRun>& runs, Daemon daemon) {
  Table table({{"run", 40},
               {"created (UTC)"},
               {"commit"},
               {"ref", 32},
               {"state"},
               {.title = "attempts", .align = Align::right},
               {.title = "report", .align = Align::right},
               {"slow"},
               {"reason", 80}});
  for (const PipelineRun& run : runs)
    table.add({name_of(run), minute_of(utc_time(run.created_at)), short_sha(run.sha), run.ref,
               state_of(run, daemon), std::to_string(run.attempts),
               run.report ? std::to_string(*run.report) : "", std::string(to_string(run.slow)),
               run.reason});
  return table.text();
}

std::string render_run(const store::Run& run) {
  const store::RunSummary& summary = run.summary;
  std::string text = "run " + std::to_string(summary.id) + ": " + one_line(summary.command) +
                     " in " + one_line(summary.directory) + ", started " +
                     one_line(summary.started_at) + ", " + outcome_of(summary) + "\n";
  if (!summary.branch.empty()) text += "branch " + one_line(summary.branch) + "\n";
  if (!run.configuration.empty()) text += "configuration " + one_line(run.configuration) + "\n";
  if (!summary.trusted && run.report && summary.command == "check")
    text += "untrusted: never a baseline, and no part of `history`\n";
  text += count_of(static_cast<std::size_t>(summary.pairs), "pair") + " stored\n\n";
  if (run.report)
    text += render_terminal(*run.report, {});
  else
    text += one_line(summary.reason) + "\n";
  bool any = false;
  for (const store::StoredStage& stage : run.stages) {
    if (stage.log_file.empty()) continue;
    if (!any) text += "\nlogs\n";
    any = true;
    text += "  " + one_line(stage.result.name) + " on " + one_line(stage.result.side) + ": " +
            one_line(stage.log_file) + "\n";
  }
  return text;
}

std::string render_baselines(const std::vector<store::Baseline>& baselines) {
  Table table({{.title = "id", .align = Align::right},
               {"project", 24},
               {"branch", 24},
               {.title = "run", .align = Align::right},
               {"commit"},
               {"since (UTC)"},
               {"kind"},
               {"configuration"},
               {"machine"}});
  for (const store::Baseline& baseline : baselines)
    table.add({std::to_string(baseline.id), baseline.project, baseline.branch,
               std::to_string(baseline.run), short_sha(baseline.sha), minute_of(baseline.set_at),
               baseline.pinned ? "pinned" : "last green", baseline.configuration,
               baseline.fingerprint});
  return table.text();
}

std::string render_acknowledgements(const std::vector<store::StoredAcknowledgement>& all) {
  Table table({{.title = "id", .align = Align::right},
               {"project", 24},
               {"benchmark"},
               {"metric", 24},
               {"commit"},
               {"until"},
               {.title = "up to", .align = Align::right},
               {"reason", 80}});
  for (const store::StoredAcknowledgement& entry : all)
    table.add({std::to_string(entry.id), entry.project, entry.what.benchmark, entry.what.metric,
               entry.commit.empty() ? "any" : short_sha(entry.commit), entry.what.until,
               entry.what.up_to ? format_percent(*entry.what.up_to) : "any", entry.what.reason});
  return table.text();
}

namespace {

/// "sees cpu_utilization, disk_stats", and of what it does not see here a line each.
std::string parts_text(const std::vector<CollectorPart>& parts) {
  std::string text;
  std::string unavailable;
  for (const CollectorPart& part : parts) {
    if (part.unavailable.empty())
      text += (text.empty() ? "  sees " : ", ") + one_line(part.name);
    else
      unavailable += "  not " + one_line(part.name) + ": " + one_line(part.unavailable) + "\n";
  }
  return text + (text.empty() ? "" : "\n") + unavailable;
}

}  // namespace

std::string render_collectors(const std::vector<CollectorResult>& collectors) {
  std::string text;
  for (const CollectorResult& collector : collectors) {
    text += one_line(collector.name) +
            (collector.version.empty() ? "" : " " + one_line(collector.version)) +
            (collector.abi.empty() ? "" : " (plugin ABI " + one_line(collector.abi) + ")") + ": " +
            status_text(collector) +
            (collector.reason.empty() ? "" : ": " + one_line(collector.reason)) + "\n  " +
            one_line(collector.file) + "\n";
    text += parts_text(collector.parts);
    if (collector.metrics.empty()) continue;
    Table table({{"  metric", 32}, {"unit"}, {"needs", 24}, {"what", 80}});
    for (const CollectorMetric& metric : collector.metrics)
      table.add({"  " + metric.metric.name, metric.metric.unit,
                 metric.privilege.empty() ? "-" : metric.privilege, metric.help});
    text += table.text() + "\n";
  }
  return text;
}

}  // namespace melisai::report
