#include "core/replay_output.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/report/report.h"

namespace melisai {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRowsMax = 50;
constexpr int kNameColumnsMax = 60;
constexpr int kNoteColumnsMax = 250;  // in our own words, which end with the forecast
constexpr std::array kWorstFirst{Decision::regressed, Decision::failed, Decision::inconclusive,
                                 Decision::improved, Decision::clear};

bool is_shown_only(const BenchmarkResult& result) { return result.level == Level::off; }

/// Those that are only shown come last.
std::size_t rank_of(const BenchmarkResult& result) {
  const auto* const at = std::find(kWorstFirst.begin(), kWorstFirst.end(), result.decision);
  return static_cast<std::size_t>(at - kWorstFirst.begin()) +
         (is_shown_only(result) ? kWorstFirst.size() : 0);
}

/// Of those that are not decided, what may hide is what counts; of the others, what is known. No
/// number: from zero, or no look yet.
double badness_of(const BenchmarkResult& result) {
  const auto& known =
      result.decision == Decision::inconclusive ? result.effect_high : result.effect;
  const bool may_be_anything = result.from_zero || result.decision == Decision::inconclusive;
  return known.value_or(may_be_anything ? std::numeric_limits<double>::infinity() : 0);
}

bool is_worse(const Replayed* a, const Replayed* b) {
  const std::size_t rank_a = rank_of(a->result);
  const std::size_t rank_b = rank_of(b->result);
  if (rank_a != rank_b) return rank_a < rank_b;
  return badness_of(a->result) > badness_of(b->result);
}

std::vector<const Replayed*> worst_first(std::span<const Replayed> all) {
  std::vector<const Replayed*> rows;
  for (const Replayed& each : all) rows.push_back(&each);
  std::stable_sort(rows.begin(), rows.end(), is_worse);
  return rows;
}

std::string count_decisions(std::span<const Replayed* const> rows) {
  std::string text;
  const auto add = [&](std::string_view word, const auto& is_meant) {
    const auto count = std::count_if(rows.begin(), rows.end(),
                                     [&](const Replayed* each) { return is_meant(each->result); });
    if (count > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(word);
  };
  for (const Decision decision : kWorstFirst)
    add(to_string(decision), [decision](const BenchmarkResult& result) {
      return result.decision == decision && !is_shown_only(result);
    });
  add("only shown", is_shown_only);
  return text;
}

/// Why a row has no vote goes first: it explains the verdict above.
std::string note_of(const BenchmarkResult& result) {
  if (result.metric.better == Better::unknown) return "direction unknown: shown, not judged";
  if (is_shown_only(result)) return "level off: shown, no vote";
  if (result.level == Level::warn)
    return "level warn: no vote" + (result.note.empty() ? "" : "; " + result.note);
  return result.note;
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string replay_json(std::span<const Replayed> all) {
  Json json = Json::array();
  for (const Replayed& each : all) {
    json.push_back({{"series", each.series},
                    {"decision", to_string(each.result.decision)},
                    {"pairs_used", each.result.pairs},
                    {"effect", number(each.result.effect)},
                    {"effect_low", number(each.result.effect_low)},
                    {"effect_high", number(each.result.effect_high)}});
    // Not of every row: the bare format, where all series vote, is read by other tools too.
    if (each.result.level != Level::fail) json.back()["level"] = to_string(each.result.level);
  }
  return json.dump(2) + "\n";
}

std::string decisions_text(std::span<const Replayed> all) {
  return count_decisions(worst_first(all));
}

std::string replay_text(const std::string& sentence, std::span<const Replayed> all) {
  const std::vector<const Replayed*> rows = worst_first(all);
  const std::size_t shown = std::min(rows.size(), kRowsMax);
  std::string text = printable(sentence) + "\n";
  if (shown == 0) return text;
  constexpr auto kRight = report::Align::right;
  report::Table table({{.title = "series", .width_max = kNameColumnsMax},
                       {.title = "decision"},
                       {.title = "pairs", .align = kRight},
                       {.title = "change", .align = kRight},
                       {.title = "interval", .align = kRight},
                       {.title = "note", .width_max = kNoteColumnsMax}});
  for (std::size_t i = 0; i < shown; ++i) {
    const BenchmarkResult& result = rows[i]->result;
    table.add({rows[i]->series, std::string(to_string(result.decision)),
               std::to_string(result.pairs), report::change_text(result),
               report::interval_text(result), note_of(result)});
  }
  text += "\n" + table.text();
  if (shown < rows.size())
    text += "... and " + count_decisions(std::span(rows).subspan(shown)) + " more\n";
  return text;
}

}  // namespace melisai
