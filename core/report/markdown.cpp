#include <algorithm>
#include <string>
#include <vector>

#include "core/report/evidence_text.h"
#include "core/report/health_text.h"
#include "core/report/markdown_parts.h"
#include "core/report/markdown_text.h"
#include "core/report/remarks.h"
#include "core/report/report.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

// GitHub refuses comments above 65,536 characters. Bytes are counted here: never fewer than
// characters.
constexpr std::size_t kDocumentBytesMax = 65'536;
constexpr std::size_t kStagesBytesMax = 24'000;
constexpr std::size_t kWhyBytesMax = 12'000;
constexpr std::size_t kWarningsBytesMax = 5'000;  // of each of the lists of remarks
constexpr std::size_t kProfileRowsMax = 30;       // of one benchmark
constexpr std::size_t kRepeatBytesMax = 1'000;
constexpr std::size_t kInlineFindings = 3;

std::string finding_item(const BenchmarkResult& row) {
  std::string out =
      "- **" + std::string(word_of(row)) + "** " + markdown_code(row.name, Within::text);
  if (!row.metric.name.empty()) out += " " + markdown_code(row.metric.name, Within::text);
  const std::string evidence = row.decision == Decision::failed ? "" : evidence_text(row);
  const std::string note = row_note(row);
  const std::string between = evidence.empty() || note.empty() ? "" : "; ";
  const std::string details = markdown_prose(evidence) + between + markdown_prose(note);
  return out + (details.empty() ? "" : ": " + details) + "\n";
}

std::string top(const Report& report, const Rows& deciding) {
  std::string out = "## " + markdown_prose(headline(report)) + "\n\n";
  out += paragraph(markdown_prose(what_ran(report)) +
                   (report.reason.empty() ? "" : " " + markdown_prose(report.reason)));
  if (report.verdict == Verdict::inconclusive) {
    const std::string hidden = hidden_slowdown(report);
    out +=
        paragraph("**This is not a pass.**" + (hidden.empty() ? "" : " " + markdown_prose(hidden)));
  }
  if (report.verdict == Verdict::inconclusive || report.verdict == Verdict::error) {
    const std::string action = next_action(report);
    if (!action.empty()) out += paragraph("Next: " + markdown_prose(action));
  }
  const Rows worst = findings(deciding);
  for (std::size_t i = 0; i < std::min(worst.size(), kInlineFindings); ++i)
    out += finding_item(*worst[i]);
  if (!worst.empty()) out += "\n";
  return out + paragraph(markdown_prose(one_sided(report), 2 * kProseBytesMax));
}

/// Three lines for each of the worst regressions.
Part why(const Report& report) {
  Part part{.head = "**Why**\n\n", .foot = "\n", .left_out = "explanations"};
  for (const EvidenceText& text : evidence_texts(report)) {
    std::string item = "- " + markdown_code(text.benchmark, Within::text) + ": " +
                       markdown_prose(text.cause, 2 * kProseBytesMax) + "\n";
    for (const std::string* line : {&text.functions, &text.advice})
      if (!line->empty()) item += "  - " + markdown_prose(*line, 2 * kProseBytesMax) + "\n";
    part.items.push_back(std::move(item));
  }
  const std::string rest = evidence_left_out(report);
  if (!rest.empty()) part.foot = "\n" + markdown_prose(rest) + "\n\n";
  return part;
}

std::string value_cell(const std::optional<double>& value, const Metric& metric) {
  return markdown_prose(side_text(value ? std::optional(Side{*value}) : std::nullopt, metric));
}

Part profile_table(const Report& report) {
  Part part{.head =
                "<details><summary>What the collectors saw</summary>\n\n"
                "In one profiling run of each side, apart from the timed pairs; not judged. A "
                "positive change is worse.\n\n"
                "| benchmark process | collector | metric | base | head | change |\n"
                "|---|---|---|--:|--:|--:|\n",
            .foot = "\n</details>\n\n",
            .left_out = "profile values"};
  for (const Profile& profile : report.profiles) {
    const std::string name = markdown_code(profile.benchmark, Within::table);
    const auto remark = [&](const std::string& text) {
      part.items.push_back(cells({name, "", text, "", "", ""}));
    };
    if (!profile.note.empty()) remark(markdown_prose(profile.note, kNoteBytesMax));
    const std::vector<const ProfileValue*> values = by_change(profile);
    for (std::size_t i = 0; i < std::min(values.size(), kProfileRowsMax); ++i) {
      const ProfileValue& value = *values[i];
      part.items.push_back(cells(
          {name, markdown_code(value.collector, Within::table),
           markdown_code(value.metric.name, Within::table), value_cell(value.base, value.metric),
           value_cell(value.head, value.metric), profile_change_text(value)}));
    }
    if (values.size() > kProfileRowsMax)
      remark(count_of(values.size() - kProfileRowsMax, "more value") +
             " with smaller changes in report.json");
  }
  return part;
}

Part placement_table(const Report& report) {
  Part part{.head = "<details><summary>How it was measured</summary>\n\n",
            .foot = "\n</details>\n\n",
            .left_out = "benchmark processes"};
  part.head +=
      "| benchmark process | pairs | placement | CPU time / wall time | own cgroup "
      "|\n|---|--:|---|--:|---|\n";
  for (const Measurement& measurement : report.measurements) {
    part.items.push_back(cells(
        {markdown_code(measurement.benchmark, Within::table), std::to_string(measurement.pairs),
         markdown_prose(measurement.placement, kNoteBytesMax),
         format_percent(measurement.cpu_wall_ratio), measurement.in_cgroup ? "yes" : "no"}));
  }
  return part;
}

/// Of each metric with a vote: how small a slowdown it can show, and why it is the one that votes.
Part noise_table(const Rows& rows) {
  Part part{.head = "<details><summary>How small a slowdown each metric can show</summary>\n\n",
            .foot = "\n</details>\n\n",
            .left_out = "metrics"};
  part.head +=
      "| benchmark | metric | smallest slowdown found | threshold | why it decides |\n"
      "|---|---|--:|--:|---|\n";
  for (const BenchmarkResult* row : rows) {
    if (!row->smallest_found && row->gates_because.empty()) continue;
    part.items.push_back(
        cells({markdown_code(row->name, Within::table), metric_cell(*row),
               row->smallest_found ? format_percent(*row->smallest_found) : "-",
               format_percent(row->threshold), markdown_prose(row->gates_because, kNoteBytesMax)}));
  }
  return part;
}

std::string commit_item(const std::string& side, const CommitInfo& commit) {
  if (commit.sha.empty() && commit.ref.empty()) return "";
  std::string out = "- " + side + ":";
  if (!commit.sha.empty()) out += " " + markdown_code(commit.sha, Within::text);
  if (!commit.ref.empty())
    out += std::string(commit.sha.empty() ? " " : ", ") + markdown_code(commit.ref, Within::text);
  return out + "\n";
}

/// Bounded, and kept whatever else is cut: a verdict that cannot be repeated is worth little.
std::string context(const Report& report, const std::string& repeat) {
  std::string out = commit_item("base", report.base) + commit_item("head", report.head);
  if (const std::string machine = machine_text(report.machine); !machine.empty()) {
    out += "- machine: " + markdown_prose(machine);
    if (!report.machine.fingerprint.empty())
      out += ", fingerprint " + markdown_code(report.machine.fingerprint, Within::text);
    out += "\n";
  }
  out += "- promise: threshold " + format_percent(report.threshold) + " for time, false alarm " +
         format_percent(report.false_alarm) + " for the whole suite, miss " +
         format_percent(report.miss) + "\n";
  out += "- run: melisai-gate " + markdown_prose(report.tool_version) + ", started " +
         markdown_prose(report.started_at) +
         (is_of_files(report) ? "" : ", seed " + std::to_string(report.seed)) + "\n";
  if (const std::string cost = overhead_text(report); !cost.empty())
    out += "- cost of measuring: " + cost + "\n";
  if (const std::string run = stored_run_text(report); !run.empty())
    out += "- stored: " + run + "\n";
  // What would be cut or cleaned is another command.
  if (!repeat.empty() && repeat.size() <= kRepeatBytesMax && one_line(repeat) == repeat)
    out += "- repeat it: " + markdown_code(repeat, Within::text, kRepeatBytesMax) + "\n";
  return out;
}

}  // namespace

std::string render_markdown(const Report& report, const std::string& repeat) {
  const Rows deciding = deciding_rows(report);
  // What matters most takes its room first; the order on the page is another.
  const std::string first = top(report, deciding);
  const std::string last = context(report, repeat);
  std::size_t room = kDocumentBytesMax - first.size() - last.size();
  std::size_t parts_to_come = 12;  // each can at least say that it was left out
  const auto take = [&](const Part& part, std::size_t bytes_max) {
    --parts_to_come;
    std::string text = render(part, std::min(room - parts_to_come * kLeftOutBytesMax, bytes_max));
    room -= text.size();
    return text;
  };
  const std::string reasons = take(why(report), kWhyBytesMax);
  const std::string stages = take(failed_stages(report), kStagesBytesMax);
  const std::string warned =
      take(bullets("Warnings", report.warnings, "warnings"), kWarningsBytesMax);
  const std::string collectors = take(
      bullets("Collectors", collector_lines(report), "collectors with trouble"), kWarningsBytesMax);
  const std::string health =
      take(bullets("Health of the host", health_lines(report), "lines"), kWarningsBytesMax);
  const std::string disturbed =
      take(bullets("Disturbed pairs", disturbed_lines(report), "disturbed measurements"),
           kWarningsBytesMax);
  const std::string noisy =
      take(bullets("Too noisy for their threshold", too_noisy_lines(report), "noisy metrics"),
           kWarningsBytesMax);
  const std::string decided =
      take(deciding_table(deciding, is_of_files(report) ? "values" : "pairs"), kDocumentBytesMax);
  const std::string shown = take(shown_table(shown_rows(report)), kDocumentBytesMax);
  const std::string noise = take(noise_table(deciding), kDocumentBytesMax);
  const std::string placed = take(placement_table(report), kDocumentBytesMax);
  const std::string profiles = take(profile_table(report), kDocumentBytesMax);
  return first + reasons + stages + decided + noisy + shown + warned + health + disturbed +
         collectors + noise + placed + profiles + last;
}

}  // namespace melisai::report
