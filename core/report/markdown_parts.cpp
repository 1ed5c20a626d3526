#include "core/report/markdown_parts.h"

#include "core/report/markdown_text.h"
#include "core/report/remarks.h"
#include "core/report/report.h"

namespace melisai::report {
namespace {

constexpr std::size_t kCommandCharactersMax = 400;
constexpr TailLimits kLogTail{.lines_max = 40, .bytes_max = 3'000};

std::string left_out_sentence(std::size_t count, const std::string& what) {
  return std::to_string(count) + " more of the " + what + (count == 1 ? " is" : " are") +
         " left out, because GitHub takes no more than 65,536 characters; report.json has all of "
         "them.\n\n";
}

/// Nobody has to act on what is clear; its note stays in report.json.
std::string note_cell(const BenchmarkResult& row) {
  return row.decision == Decision::clear ? "" : markdown_prose(row_note(row), kNoteBytesMax);
}

}  // namespace

std::string render(const Part& part, std::size_t room) {
  if (part.items.empty()) return "";
  std::string out = part.head;
  std::size_t shown = 0;
  const std::size_t end = part.foot.size() + kLeftOutBytesMax;
  while (shown < part.items.size() && out.size() + part.items[shown].size() + end <= room)
    out += part.items[shown++];
  const std::size_t rest = part.items.size() - shown;
  if (shown == 0) return left_out_sentence(rest, part.left_out);
  if (rest > 0) out += "\n" + left_out_sentence(rest, part.left_out);
  return out + part.foot;
}

std::string paragraph(const std::string& markdown) {
  return markdown.empty() ? "" : markdown + "\n\n";
}

Part failed_stages(const Report& report) {
  Part part{.left_out = "failed stages"};
  for (const StageResult& stage : report.stages) {
    if (stage.status != StageResult::Status::failed) continue;
    std::string item = "### " + markdown_code(stage.name, Within::text) + " failed";
    if (!stage.side.empty()) item += " on " + markdown_prose(stage.side);
    if (!stage.message.empty()) item += ": " + markdown_prose(stage.message);
    item += "\n\n";
    if (!stage.command.empty()) {
      item += paragraph("Command: " +
                        markdown_code(stage.command, Within::text, kCommandCharactersMax));
    }
    const std::string tail = last_lines(plain_lines(stage.log_tail), kLogTail);
    if (!tail.empty()) item += markdown_block(tail) + "\n";
    if (!stage.log.empty())
      item += paragraph("Whole log: " + markdown_code(stage.log, Within::text));
    part.items.push_back(std::move(item));
  }
  return part;
}

std::string cells(const std::vector<std::string>& texts) {
  std::string out = "|";
  for (const std::string& text : texts) out += " " + text + " |";
  return out + "\n";
}

/// A benchmark that failed as a whole has no metric.
std::string metric_cell(const BenchmarkResult& row) {
  return row.metric.name.empty() ? "-" : markdown_code(row.metric.name, Within::table);
}

Part deciding_table(const Rows& rows, const std::string& counted) {
  Part part{.head = "A positive change is worse.\n\n",
            .foot = "\n",
            .left_out = "metrics that decide the verdict"};
  part.head += "| decision | benchmark | metric | base | head | change | interval | threshold | " +
               counted +
               " | note |\n"
               "|---|---|---|--:|--:|--:|--:|--:|--:|---|\n";
  for (const BenchmarkResult* row : rows) {
    const std::string decision = decision_text(*row);
    const bool failed = row->decision == Decision::failed;
    const bool loud = counts(*row) && (failed || row->decision == Decision::regressed);
    part.items.push_back(cells(
        {loud ? "**" + decision + "**" : decision, markdown_code(row->name, Within::table),
         metric_cell(*row), markdown_prose(side_text(row->base, row->metric)),
         markdown_prose(side_text(row->head, row->metric)), change_text(*row), interval_text(*row),
         failed ? "-" : format_percent(row->threshold), count_text(*row), note_cell(*row)}));
  }
  return part;
}

Part shown_table(const Rows& rows) {
  Part part{.head = "<details><summary>" + count_of(rows.size(), "metric") +
                    " shown only, without a vote</summary>\n\n",
            .foot = "\n</details>\n\n",
            .left_out = "shown metrics"};
  part.head +=
      "| benchmark | metric | base | head | change | interval | note "
      "|\n|---|---|--:|--:|--:|--:|---|\n";
  for (const BenchmarkResult* row : rows) {
    const bool compared = row->decision != Decision::added && row->decision != Decision::removed &&
                          row->decision != Decision::failed;
    part.items.push_back(cells({markdown_code(row->name, Within::table), metric_cell(*row),
                                markdown_prose(side_text(row->base, row->metric)),
                                markdown_prose(side_text(row->head, row->metric)),
                                compared ? change_text(*row) : decision_text(*row),
                                interval_text(*row), markdown_prose(row->note, kNoteBytesMax)}));
  }
  return part;
}

Part bullets(const std::string& title, const std::vector<std::string>& lines,
             const std::string& what) {
  Part part{.head = "**" + title + "**\n\n", .foot = "\n", .left_out = what};
  for (const std::string& line : lines) part.items.push_back("- " + markdown_prose(line) + "\n");
  return part;
}

}  // namespace melisai::report
