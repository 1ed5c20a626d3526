// The comment on a pull request: what one needs to decide is visible, the rest is folded away.
#include <algorithm>
#include <set>
#include <utility>

#include "core/base/shell.h"
#include "core/report/evidence_text.h"
#include "core/report/github/github.h"
#include "core/report/health_text.h"
#include "core/report/markdown_parts.h"
#include "core/report/markdown_text.h"
#include "core/report/remarks.h"
#include "core/report/report.h"
#include "core/report/summary.h"

namespace melisai::report {
namespace {

constexpr std::size_t kInlineFindings = 3;
constexpr std::size_t kInlineAdvice = 3;
constexpr std::size_t kStagesBytesMax = 12'000;
constexpr std::size_t kRemarksBytesMax = 5'000;  // of each of the lists of remarks
constexpr std::size_t kCommandBytesMax = 1'000;
constexpr std::size_t kContextCharactersMax = 60;
constexpr std::size_t kUrlBytesMax = 500;
constexpr std::size_t kPartsMax = 10;  // each can at least say that it was left out

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// With a metric that could have turned red: others are no part of "all clear".
std::size_t compared_benchmarks(const Report& report) {
  std::set<std::string_view> names;
  for (const BenchmarkResult& row : report.benchmarks)
    if (row.gating && row.decision != Decision::added && row.decision != Decision::removed &&
        row.decision != Decision::failed)
      names.insert(row.name);
  return names.size();
}

std::size_t count_of_rows(const Rows& rows, Decision decision) {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [=](const auto* row) { return row->decision == decision; }));
}

std::string title_of_pass(const Report& report, const Rows& rows) {
  const std::size_t improved = count_of_rows(rows, Decision::improved);
  if (totals(report).gating == 0 || findings(rows).size() != improved) return headline(report);
  std::string text =
      "PASS: " + count_of(compared_benchmarks(report), "benchmark") + " compared, all clear";
  if (improved > 0) text += "; " + count_of(improved, "metric") + " improved";
  return text;
}

std::string title_of_regression(const Report& report, const Rows& rows) {
  const auto regressed = std::count_if(rows.begin(), rows.end(), [](const auto* row) {
    return counts(*row) && row->decision == Decision::regressed;
  });
  if (regressed == 0)
    return report.health.decision == Decision::regressed ? "REGRESSION: the host's health is worse"
                                                         : "REGRESSION";
  return "REGRESSION: " + std::to_string(regressed) + " of " +
         count_of(totals(report).gating, "gating metric") + (regressed == 1 ? " is" : " are") +
         " worse";
}

/// "+5.1 % worse (+3.0 to +7.0 %; lower is better)". A ratio never stands alone.
std::string change_words(const BenchmarkResult& row) {
  if (row.from_zero) return "from zero to " + side_text(row.head, row.metric);
  std::string text = change_text(row);
  if (text == "-") return "change not known";
  if (row.decision == Decision::regressed) text += " worse";
  if (row.decision == Decision::improved) text += " (better)";
  const std::string interval = interval_text(row);
  text += interval == "-" ? " (no interval is known" : " (interval " + interval;
  if (row.metric.better == Better::lower) text += "; lower is better";
  if (row.metric.better == Better::higher) text += "; higher is better";
  return text + ")";
}

/// ", 12 pairs, confirmed", ", 10, 9 values"; "" when nobody counted.
std::string basis(const BenchmarkResult& row) {
  if (row.pairs <= 0 && count_text(row) == "0") return "";
  if (row.pairs <= 0)
    return ", " + count_text(row) + (count_text(row) == "1" ? " value" : " values");
  return ", " + count_of(static_cast<std::size_t>(row.pairs), "pair") +
         (row.confirmed ? ", confirmed" : "");
}

/// "1.000 us → 1.051 us, +5.1 % worse (...), threshold 5 %, 12 pairs, confirmed; the note".
std::string finding_words(const BenchmarkResult& row) {
  std::string text;
  if (row.decision != Decision::failed) {
    if (row.base && row.head && !row.from_zero)
      text = side_text(row.base, row.metric) + " → " + side_text(row.head, row.metric) + ", ";
    text += change_words(row) + ", threshold " + format_percent(row.threshold) + basis(row);
  }
  const std::string note = row_note(row);
  return text + (text.empty() || note.empty() ? "" : "; ") + note;
}

std::string finding_line(const BenchmarkResult& row) {
  std::string out =
      "- **" + std::string(word_of(row)) + "** " + markdown_code(row.name, Within::text);
  if (!row.metric.name.empty()) out += " " + markdown_code(row.metric.name, Within::text);
  const std::string words = markdown_prose(finding_words(row), 2 * kProseBytesMax);
  return out + (words.empty() ? "" : ": ") + words + "\n";
}

std::string why_lines(const EvidenceText& text, const std::string& indent) {
  std::string out;
  const auto add = [&](const std::string& word, const std::string& line) {
    if (!line.empty()) out += indent + word + markdown_prose(line, 2 * kProseBytesMax) + "\n";
  };
  add("- Why: ", text.cause);
  add("- ", text.functions);
  add("- ", text.advice);
  return out;
}

/// The worst three with their causes; and which causes those are.
std::string worst(const Report& report, const Rows& deciding, std::set<std::string>& explained) {
  const std::vector<EvidenceText> texts = evidence_texts(report);
  const Rows found = findings(deciding);
  std::string out;
  for (std::size_t i = 0; i < std::min(found.size(), kInlineFindings); ++i) {
    const BenchmarkResult& row = *found[i];
    out += finding_line(row);
    if (row.decision != Decision::regressed) continue;
    const auto why = std::find_if(texts.begin(), texts.end(), [&](const EvidenceText& text) {
      return text.benchmark == row.name;
    });
    if (why != texts.end() && explained.insert(row.name).second) out += why_lines(*why, "  ");
  }
  return out.empty() ? "" : out + "\n";
}

std::string top(const Report& report, const Rows& deciding, std::set<std::string>& explained) {
  std::string out = "### " + markdown_prose(title_of(report)) + "\n\n";
  out += paragraph(markdown_prose(what_ran(report)) +
                   (report.reason.empty() ? "" : " " + markdown_prose(report.reason)));
  if (report.verdict == Verdict::inconclusive) {
    const std::string hidden = hidden_slowdown(report);
    out +=
        paragraph("**This is not a pass.**" + (hidden.empty() ? "" : " " + markdown_prose(hidden)));
  }
  const std::string action = next_action(report);
  if (report.verdict != Verdict::pass && !action.empty())
    out += paragraph("Next: " + markdown_prose(action));
  out += worst(report, deciding, explained);
  return out + paragraph(markdown_prose(one_sided(report), 2 * kProseBytesMax));
}

/// Of the host, and only what the change made necessary.
std::string advice(const Report& report) {
  const std::vector<Recommendation>& all = report.health.recommendations;
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kInlineAdvice); ++i) {
    out += "- " + markdown_prose(all[i].title + " (" + all[i].evidence + ")");
    if (!all[i].commands.empty())
      out += ": " + markdown_code(all[i].commands.front(), Within::text, kCommandBytesMax / 4);
    out += "\n";
  }
  if (out.empty()) return "";
  if (all.size() > kInlineAdvice)
    out += "- " + count_of(all.size() - kInlineAdvice, "more advice") + " in report.json\n";
  return "**New advice**, for what head does and base did not\n\n" + out + "\n";
}

Part folded(const std::string& summary, Part part) {
  part.head.insert(0, "<details><summary>" + summary + "</summary>\n\n");
  part.foot += "</details>\n\n";
  return part;
}

Part decided(const Report& report, const Rows& rows) {
  return folded(count_of(rows.size(), "metric") + " judged: " + count_decisions(rows, 0),
                deciding_table(rows, is_of_files(report) ? "values" : "pairs"));
}

Part other_reasons(const Report& report, const std::set<std::string>& explained) {
  Part part{.foot = "\n", .left_out = "explanations"};
  for (const EvidenceText& text : evidence_texts(report))
    if (!explained.contains(text.benchmark))
      part.items.push_back("- " + markdown_code(text.benchmark, Within::text) + "\n" +
                           why_lines(text, "  "));
  if (const std::string rest = evidence_left_out(report); !rest.empty())
    part.items.push_back("- " + markdown_prose(rest) + "\n");
  return folded("Why others are worse", std::move(part));
}

Part remarks(const Report& report) {
  Part part{.foot = "\n", .left_out = "remarks"};
  const auto add = [&](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) part.items.push_back("- " + markdown_prose(line) + "\n");
  };
  add(report.warnings);
  add(too_noisy_lines(report));
  add(disturbed_lines(report));
  add(collector_lines(report));
  add(health_lines(report));
  return folded(count_of(part.items.size(), "remark") + " on how it was measured", part);
}

bool is_commit(const std::string& sha) {
  constexpr std::size_t kSha1 = 40;
  constexpr std::size_t kSha256 = 64;
  return (sha.size() == kSha1 || sha.size() == kSha256) &&
         sha.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// As code, or "" for what would not be the same command once it is shown.
std::string command_code(const std::string& line) {
  if (line.empty() || line.size() > kCommandBytesMax || one_line(line) != line) return "";
  return markdown_code(line, Within::text, kCommandBytesMax);
}

std::string repeat_line(const Report& report, const CommentContext& context) {
  if (!context.repeat.empty()) return context.repeat;
  const bool is_of_commits = report.command == "check" && report.head.ref != "WORKTREE" &&
                             is_commit(report.base.sha) && is_commit(report.head.sha);
  if (!is_of_commits) return "";
  return "melisai-gate check --base " + report.base.sha + " --head " + report.head.sha +
         " --seed " + std::to_string(report.seed);
}

/// How to see it again, and how to live with it.
std::string what_to_do(const Report& report, const CommentContext& context, const Rows& deciding) {
  std::string out;
  if (const std::string repeat = command_code(repeat_line(report, context)); !repeat.empty())
    out += "- Do it again: " + repeat + "\n";
  const auto slower = std::find_if(deciding.begin(), deciding.end(), [](const auto* row) {
    return counts(*row) && row->decision == Decision::regressed;
  });
  if (slower == deciding.end()) return out + (out.empty() ? "" : "\n");
  const std::vector<std::string> words = {
      "melisai-gate", "ack",        (*slower)->name, (*slower)->metric.name,
      "--until",      "YYYY-MM-DD", "--reason",      "WHY"};
  // A name that looks like an option would be one, and one that looks like a pattern would accept
  // what nobody has looked at.
  const auto is_more_than_a_name = [](const std::string& name) {
    return name.starts_with('-') || name.find_first_of("*?") != std::string::npos;
  };
  const bool is_other =
      is_more_than_a_name((*slower)->name) || is_more_than_a_name((*slower)->metric.name);
  std::string accept = is_other ? "" : command_code(shell_line(words));
  if (accept.empty()) accept = "`melisai-gate ack --help`";
  return out + "- Accept it, on the machine that measures: " + accept + "\n\n";
}

std::string commit_text(const CommitInfo& commit) {
  std::string out;
  if (!commit.sha.empty()) out = markdown_code(commit.sha, Within::text);
  if (!commit.ref.empty() && commit.ref != commit.sha)
    out += (out.empty() ? "" : " ") + markdown_code(commit.ref, Within::text);
  return out.empty() ? "(none)" : out;
}

/// An address that can be nothing but an address in Markdown.
bool is_plain_url(const std::string& url) {
  return url.starts_with("https://") && url.size() <= kUrlBytesMax &&
         std::all_of(url.begin(), url.end(), [](char c) {
           return is_word_character(c) ||
                  std::string_view(":/?=&%#~+,").find(c) != std::string::npos;
         });
}

/// Bounded, and kept whatever else is cut.
std::string footer(const Report& report, const CommentContext& context) {
  std::string out = "base " + commit_text(report.base) + " → head " + commit_text(report.head);
  if (const std::string machine = machine_text(report.machine); !machine.empty())
    out += " · " + markdown_prose(machine);
  const std::size_t pairs = totals(report).pairs;
  if (!is_of_files(report)) out += " · " + count_of(pairs, "pair");
  out += " · false alarm " + format_percent(report.false_alarm) + " for the whole suite, miss " +
         format_percent(report.miss) + " · melisai-gate " + markdown_prose(report.tool_version);
  if (context.is_word_of_strangers)
    out += " · measured by a job that runs the code of the pull request: its numbers are its word";
  if (is_plain_url(context.details_url)) out += " · [details](" + context.details_url + ")";
  return out + "\n";
}

/// A command that strangers advise would look like one of ours.
Report without_commands(Report report) {
  for (Recommendation& advised : report.health.recommendations) advised.commands.clear();
  return report;
}

std::string document(const Report& given, const CommentContext& context, std::string start,
                     std::size_t bytes_max) {
  const Report report = context.is_word_of_strangers ? without_commands(given) : given;
  const Rows deciding = deciding_rows(report);
  std::set<std::string> explained;
  start += top(report, deciding, explained) + advice(report);
  const std::string end = what_to_do(report, context, deciding) + footer(report, context);
  MELISAI_ASSERT(start.size() + end.size() + kPartsMax * kLeftOutBytesMax < bytes_max);
  std::size_t room = bytes_max - start.size() - end.size();
  std::size_t parts_to_come = kPartsMax;
  const auto take = [&](const Part& part, std::size_t part_max) {
    --parts_to_come;
    std::string text = render(part, std::min(room - parts_to_come * kLeftOutBytesMax, part_max));
    room -= text.size();
    return text;
  };
  // What matters most takes its room first.
  std::string middle = take(failed_stages(report), kStagesBytesMax);
  middle += take(decided(report, deciding), bytes_max);
  middle += take(other_reasons(report, explained), kRemarksBytesMax);
  middle += take(remarks(report), kRemarksBytesMax);
  middle += take(shown_table(shown_rows(report)), bytes_max);
  return start + middle + end;
}

}  // namespace

bool is_context_name(std::string_view name) {
  return !name.empty() && name.size() <= kContextCharactersMax &&
         std::all_of(name.begin(), name.end(), is_word_character) &&
         name.find("--") == std::string_view::npos;  // it would end the comment it is in
}

std::string marker_of(const std::string& context_name) {
  MELISAI_ASSERT(is_context_name(context_name));
  return "<!-- melisai-gate:" + context_name + " -->";
}

std::string title_of(const Report& report) {
  const Rows rows = deciding_rows(report);
  if (report.verdict == Verdict::pass) return title_of_pass(report, rows);
  if (report.verdict == Verdict::regression) return title_of_regression(report, rows);
  return headline(report);
}

std::string comment_of(const Report& report, const CommentContext& context) {
  return document(report, context, marker_of(context.name) + "\n", kCommentBytesMax);
}

std::string job_summary_of(const Report& report, const CommentContext& context) {
  return document(report, context, "", kJobSummaryBytesMax);
}

CheckOutput check_of(const Report& report, const CommentContext& context, FailOn fail_on) {
  return {.conclusion = conclusion_of(report, fail_on),
          .title = title_of(report),
          .summary = document(report, context, "", kCheckSummaryBytesMax),
          .annotations = annotations_of(report)};
}

}  // namespace melisai::report
