#include "core/history_output.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/units.h"
#include "core/history_shape.h"
#include "core/report/report.h"

namespace melisai {
namespace {

constexpr std::size_t kListedMax = 100;  ///< series without a change

/// Nothing from zero.
std::optional<double> relative_change(const stats::ChangePoint& change) {
  if (change.before == 0) return std::nullopt;
  return (change.after - change.before) / std::abs(change.before);
}

/// How much worse the worst change of the series made it; growth counts as worse unless the metric
/// says otherwise.
double worst(const HistorySeries& series, const std::vector<stats::ChangePoint>& changes) {
  double most = -std::numeric_limits<double>::infinity();
  for (const stats::ChangePoint& change : changes) {
    const double grown =
        relative_change(change).value_or(change.after > 0 ? std::numeric_limits<double>::max()
                                                          : std::numeric_limits<double>::lowest());
    most = std::max(most, series.better == Better::higher ? -grown : grown);
  }
  return most;
}

std::string change_text(const stats::ChangePoint& change) {
  const std::optional<double> relative = relative_change(change);
  return relative ? format_effect(*relative) : "from zero";
}

std::string confidence_text(double confidence) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", std::floor(1000 * confidence) / 10);
  return text;
}

std::string table_of(const HistorySeries& series, const std::vector<std::string>& commits,
                     const std::vector<stats::ChangePoint>& changes) {
  report::Table table({{.title = "index", .align = report::Align::right},
                       {"commit"},
                       {.title = "before", .align = report::Align::right},
                       {.title = "after", .align = report::Align::right},
                       {.title = "change", .align = report::Align::right},
                       {.title = "confidence", .align = report::Align::right}});
  for (const stats::ChangePoint& change : changes) {
    const std::string& commit = commits[series.commits[change.index]];
    table.add({std::to_string(series.indexes[change.index]),
               commit.empty() ? "-" : commit.substr(0, kCommitDigits),
               quantity(change.before, series.unit), quantity(change.after, series.unit),
               change_text(change), confidence_text(change.confidence)});
  }
  return table.text();
}

bool is_too_short(const HistorySeries& series) { return series.values.size() < stats::kPointsMin; }
bool is_young(const HistorySeries& series) { return series.values.size() < stats::kYoungPoints; }

/// What it means that no change of a series was told. `shape`: what it looks like nevertheless.
std::string no_change_text(const HistorySeries& series, const std::string& shape) {
  const std::size_t points = series.values.size();
  if (is_too_short(series))
    return "too short to tell: " + std::to_string(points) + " of " +
           report::count_of(stats::kPointsMin, "point");
  std::string text = "no lasting step was told in " + report::count_of(points, "point");
  if (is_young(series))
    text += ", one of at most " + report::format_percent(stats::kYoungStepMax) + " needs about " +
            std::to_string(stats::kYoungPoints);
  return text + (shape.empty() ? "" : "; " + shape);
}

std::string sentence_of(const HistorySeries& series, const std::string& shape) {
  return report::one_line(series.name) + ": " + no_change_text(series, shape);
}

std::string more_series(std::size_t count) {
  return "and " + std::to_string(count) + " more series";
}

std::string summary(const Histories& histories, const ChangesOfAll& changes) {
  std::size_t found = 0, changed = 0, too_short = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    found += changes[i].size();
    changed += !changes[i].empty();
    too_short += is_too_short(histories.series[i]);
  }
  std::string text = report::count_of(histories.points, "point") + " in " +
                     std::to_string(histories.series.size()) + " series read; ";
  if (found == 0 && too_short == changes.size()) return text + "too short to tell\n";
  text += found == 0 ? "no lasting step told"
                     : report::count_of(found, "change") + " found in " + std::to_string(changed);
  if (too_short > 0) text += "; " + std::to_string(too_short) + " too short to tell";
  return text + "\n";
}

std::string list_of_unchanged(const Histories& histories,
                              const std::vector<std::size_t>& unchanged) {
  std::string text = unchanged.empty() ? "" : "\n";
  for (std::size_t i = 0; i < std::min(kListedMax, unchanged.size()); ++i) {
    const HistorySeries& series = histories.series[unchanged[i]];
    text += sentence_of(series, visible_shape(series)) + "\n";
  }
  if (unchanged.size() > kListedMax) text += more_series(unchanged.size() - kListedMax) + "\n";
  return text;
}

}  // namespace

std::string history_json(const Histories& histories, const ChangesOfAll& changes) {
  using Json = nlohmann::ordered_json;
  Json all = Json::array();
  for (std::size_t i = 0; i < histories.series.size(); ++i) {
    const HistorySeries& series = histories.series[i];
    for (const stats::ChangePoint& change : changes[i]) {
      const std::string& commit = histories.commits[series.commits[change.index]];
      const std::optional<double> relative = relative_change(change);
      all.push_back({{"series", series.name},
                     {"index", series.indexes[change.index]},
                     {"commit", commit.empty() ? Json(nullptr) : Json(commit)},
                     {"before", change.before},
                     {"after", change.after},
                     {"change", relative ? Json(*relative) : Json(nullptr)},
                     {"confidence", change.confidence}});
    }
  }
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string history_text(const Histories& histories, const ChangesOfAll& changes) {
  std::vector<std::size_t> changed, unchanged;
  for (std::size_t i = 0; i < changes.size(); ++i)
    (changes[i].empty() ? unchanged : changed).push_back(i);
  std::vector<double> badness(changes.size());
  for (const std::size_t i : changed) badness[i] = worst(histories.series[i], changes[i]);
  std::stable_sort(changed.begin(), changed.end(),
                   [&](std::size_t a, std::size_t b) { return badness[a] > badness[b]; });
  std::string text = summary(histories, changes);
  for (const std::size_t i : changed)
    text += "\n" + report::one_line(histories.series[i].name) + "\n" +
            table_of(histories.series[i], histories.commits, changes[i]);
  return text + list_of_unchanged(histories, unchanged);
}

std::vector<std::string> unsaid_in_json(const Histories& histories, const ChangesOfAll& changes) {
  if (histories.series.empty()) return {"there is no series to look at"};
  std::size_t too_short = 0, young = 0, shapes = 0;
  std::vector<std::string> shaped;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const HistorySeries& series = histories.series[i];
    too_short += is_too_short(series);
    young += !is_too_short(series) && is_young(series);
    if (!changes[i].empty()) continue;
    const std::string shape = visible_shape(series);
    if (!shape.empty() && ++shapes <= kListedMax) shaped.push_back(sentence_of(series, shape));
  }
  if (shapes > kListedMax) shaped.push_back(more_series(shapes - kListedMax) + " look alike");
  std::string text;
  const std::string of_all = " of " + std::to_string(histories.series.size()) + " series ";
  if (too_short > 0)
    text = std::to_string(too_short) + of_all + "too short to tell anything: fewer than " +
           std::to_string(stats::kPointsMin) + " points";
  if (young > 0)
    text += (text.empty() ? "" : "; ") + std::to_string(young) + of_all +
            "young: a step of at most " + report::format_percent(stats::kYoungStepMax) +
            " needs about " + std::to_string(stats::kYoungPoints) + " points";
  if (!text.empty()) shaped.insert(shaped.begin(), text);
  return shaped;
}

}  // namespace melisai
