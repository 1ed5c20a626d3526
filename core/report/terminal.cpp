#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/report/evidence_text.h"
#include "core/report/health_text.h"
#include "core/report/remarks.h"
#include "core/report/report.h"
#include "core/report/summary.h"
#include "core/report/text.h"

namespace melisai::report {
namespace {

constexpr int kWidthMin = 40;
constexpr int kWidthMax = 400;
constexpr int kNameWidthMin = 16;
constexpr int kUnitColumnMax = 28;  // a metric name or a quantity of a stranger's counter
constexpr std::size_t kRowsMax = 20;
constexpr std::size_t kStagesMax = 4;
constexpr std::size_t kWarningsMax = 10;
constexpr std::size_t kSentenceCharactersMax = 600;
constexpr std::string_view kWarning = "warning:";
constexpr TailLimits kLogTail{.lines_max = 20, .bytes_max = 4'000};

enum class Ink { none, good, bad, warning, faint, loud_good, loud_bad, loud_warning };

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::none: return "";
    case Ink::good: return "\x1b[32m";
    case Ink::bad: return "\x1b[1;31m";
    case Ink::warning: return "\x1b[33m";
    case Ink::faint: return "\x1b[2m";
    case Ink::loud_good: return "\x1b[1;97;42m";
    case Ink::loud_bad: return "\x1b[1;97;41m";
    case Ink::loud_warning: return "\x1b[1;30;43m";
  }
  return "";
}

std::string inked(const std::string& text, Ink ink, const TerminalStyle& style) {
  if (!style.color || ink == Ink::none) return text;
  return std::string(code_of(ink)) + text + "\x1b[0m";
}

Ink ink_of(const BenchmarkResult& row) {
  switch (row.decision) {
    case Decision::regressed:
    case Decision::failed: return counts(row) ? Ink::bad : Ink::warning;
    case Decision::inconclusive: return Ink::warning;
    case Decision::improved: return Ink::good;
    default: return Ink::none;
  }
}

/// The columns of the table, in the order of the page. The name takes what the others leave.
enum Column : std::size_t {
  name_column,
  metric_column,
  base_column,
  head_column,
  change_column,
  interval_column,
  pairs_column,
  decision_column,
  column_count
};
using Cells = std::array<std::string, column_count>;
using Widths = std::array<int, column_count>;

Cells titles_of(const Report& report) {
  return {"benchmark",
          "metric",
          "base",
          "head",
          "change",
          "interval",
          is_of_files(report) ? "values" : "pairs",
          "decision"};
}

Cells cells_of(const BenchmarkResult& row) {
  return {one_line(row.name),
          one_line(row.metric.name),
          side_text(row.base, row.metric),
          side_text(row.head, row.metric),
          change_text(row),
          interval_text(row),
          count_text(row),
          decision_text(row)};
}

/// Width of every column; 0 for those that a narrow terminal has no room for.
Widths fit_columns(const Cells& titles, const std::vector<Cells>& table, int width) {
  Widths widths{};
  for (std::size_t column = 0; column < column_count; ++column) {
    widths[column] = display_width(titles[column]);
    for (const Cells& row : table)
      widths[column] = std::max(widths[column], display_width(row[column]));
    if (column != name_column) widths[column] = std::min(widths[column], kUnitColumnMax);
  }
  const auto left_for_name = [&] {
    int used = 0;
    for (std::size_t column = 1; column < column_count; ++column)
      used += widths[column] > 0 ? widths[column] + 2 : 0;
    return width - used;
  };
  const auto drop = [&](std::initializer_list<Column> columns) {
    if (left_for_name() >= std::min(widths[name_column], kNameWidthMin)) return;
    for (const Column column : columns) widths[column] = 0;
  };
  drop({pairs_column});
  drop({base_column, head_column});
  drop({interval_column});
  drop({metric_column});
  widths[name_column] = std::max(1, std::min(widths[name_column], left_for_name()));
  return widths;
}

std::string table_line(const Cells& row, const Widths& widths, Ink decision_ink,
                       const TerminalStyle& style) {
  std::string out;
  for (std::size_t column = 0; column < column_count; ++column) {
    if (widths[column] == 0) continue;
    if (column > 0) out += "  ";
    if (column == decision_column) {
      out += inked(fit(row[column], widths[column]), decision_ink, style);
    } else {
      const bool is_text = column == name_column || column == metric_column;
      out += pad(row[column], widths[column], is_text ? Align::left : Align::right);
    }
  }
  return out + "\n";
}

/// Breaks at spaces; `indent` spaces in front of every line after the first.
std::string wrapped(const std::string& text, const TerminalStyle& style, int indent) {
  std::string out;
  int column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = fit(std::string_view(text).substr(at, end - at), style.width - indent);
    at = end + 1;
    const int width = display_width(word);
    if (column > indent && column + 1 + width > style.width) {
      out += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
      column = indent;
    } else if (!out.empty()) {
      out += " ";
      ++column;
    }
    out += word;
    column += width;
  }
  return out + "\n";
}

std::string sentence(const std::string& hostile, const TerminalStyle& style, int indent = 0) {
  return hostile.empty() ? ""
                         : wrapped(clip(one_line(hostile), kSentenceCharactersMax), style, indent);
}

std::string table(const Rows& rows, const Cells& titles, const TerminalStyle& style) {
  if (rows.empty()) return "";
  const std::size_t shown = std::min(rows.size(), kRowsMax);
  std::vector<Cells> lines;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(cells_of(*rows[i]));
  const Widths widths = fit_columns(titles, lines, style.width);
  std::string out = table_line(titles, widths, Ink::none, style);
  for (std::size_t i = 0; i < shown; ++i)
    out += table_line(lines[i], widths, ink_of(*rows[i]), style);
  if (shown < rows.size())
    out += sentence("... and " + count_decisions(rows, shown) + " more", style);
  return out + "\n";
}

std::string commit_text(const CommitInfo& commit) {
  constexpr std::size_t kShortSha = 12;
  const std::string sha = one_line(commit.sha).substr(0, kShortSha);
  if (sha.empty()) return clip(one_line(commit.ref), kSentenceCharactersMax);
  return commit.ref.empty() ? sha
                            : sha + " (" + clip(one_line(commit.ref), kSentenceCharactersMax) + ")";
}

std::string header(const Report& report, const TerminalStyle& style) {
  std::string out;
  const std::string base = commit_text(report.base);
  const std::string head = commit_text(report.head);
  if (!base.empty()) out += fit("base  " + base, style.width) + "\n";
  if (!head.empty()) out += fit("head  " + head, style.width) + "\n";
  if (const std::string machine = machine_text(report.machine); !machine.empty())
    out += inked(sentence("on    " + machine, style, 6), Ink::faint, style);
  return out + "\n";
}

std::string failed_stages(const Report& report, const TerminalStyle& style) {
  std::string out;
  std::size_t failed = 0;
  for (const StageResult& stage : report.stages) {
    if (stage.status != StageResult::Status::failed || ++failed > kStagesMax) continue;
    std::string title = stage.name + (stage.side.empty() ? "" : " on " + stage.side) + " failed";
    if (!stage.message.empty()) title += ": " + stage.message;
    out += inked(fit(one_line(title), style.width), Ink::bad, style) + "\n";
    if (!stage.command.empty())
      out += "  $ " + fit(one_line(stage.command), style.width - 4) + "\n";
    const std::string tail = last_lines(plain_lines(stage.log_tail), kLogTail);
    for (std::size_t at = 0; at < tail.size();) {
      const std::size_t end = std::min(tail.find('\n', at), tail.size());
      out += "  | " + fit(std::string_view(tail).substr(at, end - at), style.width - 4) + "\n";
      at = end + 1;
    }
    if (!stage.log.empty()) out += "  whole log: " + one_line(stage.log) + "\n";
    out += "\n";
  }
  if (failed > kStagesMax)
    out += "... and " + count_of(failed - kStagesMax, "failed stage") + " more\n\n";
  return out;
}

/// Why each finding is one: notes have no column of their own.
std::string notes(const Rows& rows, const TerminalStyle& style) {
  std::string out;
  std::size_t count = 0;
  for (const BenchmarkResult* row : findings(rows)) {
    const std::string note = row_note(*row);
    if (note.empty()) continue;
    if (++count > kRowsMax) break;
    const std::string metric = row->metric.name.empty() ? "" : " " + row->metric.name;
    out += sentence(row->name + metric + ": " + note, style, 2);
  }
  return out.empty() ? "" : out + "\n";
}

/// `what`: the word for what is left out.
std::string remark_lines(const std::vector<std::string>& lines, const std::string& what,
                         const TerminalStyle& style) {
  std::string out;
  for (std::size_t i = 0; i < std::min(lines.size(), kWarningsMax); ++i)
    out += inked(sentence(lines[i], style, 2), Ink::warning, style);
  if (lines.size() > kWarningsMax)
    out += sentence(
        "... and " + count_of(lines.size() - kWarningsMax, what) + " more in the report", style);
  return out.empty() ? "" : out + "\n";
}

std::string warnings(const Report& report, const TerminalStyle& style) {
  std::string out;
  for (std::size_t i = 0; i < std::min(report.warnings.size(), kWarningsMax); ++i) {
    const std::string text = sentence(std::string(kWarning) + " " + report.warnings[i], style, 2);
    out += inked(std::string(kWarning), Ink::warning, style) + text.substr(kWarning.size());
  }
  if (report.warnings.size() > kWarningsMax) {
    out += "... and " + count_of(report.warnings.size() - kWarningsMax, "warning") +
           " more in the report\n";
  }
  return out.empty() ? "" : out + "\n";
}

Ink verdict_ink(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return Ink::loud_good;
    case Verdict::inconclusive: return Ink::loud_warning;
    default: return Ink::loud_bad;
  }
}

std::string ending(const Report& report, const TerminalStyle& style) {
  std::string out = sentence(what_ran(report), style);
  if (report.verdict != Verdict::pass) out += sentence(report.reason, style);
  if (report.verdict == Verdict::inconclusive)
    out += sentence("This is not a pass. " + hidden_slowdown(report), style);
  if (report.verdict == Verdict::inconclusive || report.verdict == Verdict::error) {
    out += sentence(next_action(report), style);
  }
  if (const std::string cost = overhead_text(report); !cost.empty())
    out += sentence("cost of measuring: " + cost, style);
  out += sentence(stored_run_text(report), style);
  return out + inked(fit(headline(report), style.width), verdict_ink(report.verdict), style) + "\n";
}

}  // namespace

std::string render_terminal(const Report& report, TerminalStyle style) {
  style.width = std::clamp(style.width, kWidthMin, kWidthMax);
  const Rows deciding = deciding_rows(report);
  const std::size_t others = shown_rows(report).size();
  std::string out =
      header(report, style) + table(deciding, titles_of(report), style) + notes(deciding, style);
  out += remark_lines(evidence_lines(report), "line on causes", style);
  out += failed_stages(report, style);
  out += sentence(one_sided(report), style);
  if (others > 0)
    out += sentence(count_of(others, "metric") + " without a vote: see the report.", style);
  out += remark_lines(too_noisy_lines(report), "noisy benchmark", style);
  out += remark_lines(disturbed_lines(report), "disturbed benchmark", style);
  out += remark_lines(health_lines(report), "health line", style);
  out += remark_lines(collector_lines(report), "collector", style);
  return out + warnings(report, style) + ending(report, style);
}

}  // namespace melisai::report
