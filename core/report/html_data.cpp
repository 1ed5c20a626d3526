#include "core/report/html_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "core/report/html_text.h"
#include "core/report/summary.h"

namespace melisai::report {
namespace {

constexpr std::size_t kNameCharactersMax = 300;

template <class Values, class Text>
std::string array_of(const Values& values, Text text) {
  std::string out = "[";
  for (const auto& value : values) {
    if (out.size() > 1) out += ',';
    out += text(value);
  }
  return out + "]";
}

std::string member(const std::string& name, const std::string& json) {
  return "\"" + name + "\":" + json;
}

std::string limit(const std::optional<double>& value) {
  return value ? json_number(*value) : "null";
}

std::string object_of(const std::vector<std::string>& members) {
  std::string out;
  for (const std::string& each : members) out += (out.empty() ? "{" : ",") + each;
  return out + "}";
}

/// Positive is worse, as the gate counts it; null where the sides have no ratio.
std::string change_of(const ShownPair& pair, Better better) {
  if (!(pair.base > 0 && pair.head > 0)) return "null";
  return json_number(better == Better::higher ? pair.base / pair.head - 1
                                              : pair.head / pair.base - 1);
}

/// Numbers of the pairs, from 1, of which `is` holds.
template <class Is>
std::string numbers_of(const std::vector<ShownPair>& pairs, Is is) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (is(pairs[i])) numbers.push_back(i + 1);
  return array_of(numbers, [](std::size_t number) { return std::to_string(number); });
}

std::string series_json(const ShownSeries& series, std::size_t index, const BenchmarkResult& row) {
  const auto& pairs = series.pairs;
  const auto side = [&](double ShownPair::*value, const std::vector<double>& alone) {
    return pairs.empty()
               ? array_of(alone, json_number)
               : array_of(pairs, [&](const ShownPair& pair) { return json_number(pair.*value); });
  };
  const auto interval = [](const ShownInterval& each) {
    return "[" + std::to_string(each.pairs) + "," + limit(each.low) + "," + limit(each.high) + "]";
  };
  const std::vector<std::string> members = {
      member("row", std::to_string(index)),
      member("name", json_text(row.name, kNameCharactersMax)),
      member("metric", json_text(row.metric.name, kNameCharactersMax)),
      member("unit", json_text(row.metric.unit, 20)),
      member("threshold", json_number(std::isfinite(row.threshold) ? row.threshold : 0)),
      member("change",
             array_of(pairs,
                      [&](const ShownPair& pair) { return change_of(pair, row.metric.better); })),
      member("base", side(&ShownPair::base, series.base)),
      member("head", side(&ShownPair::head, series.head)),
      member("headFirst",
             numbers_of(pairs, [](const ShownPair& pair) { return !pair.base_first; })),
      member("disturbed", numbers_of(pairs, [](const ShownPair& pair) { return pair.disturbed; })),
      member("running", array_of(series.running, interval)),
      member("confirmFrom", std::to_string(series.confirm_from)),
      member("decision", json_text(decision_text(row), 60))};
  return object_of(members);
}

std::string history_json(const ShownHistory& history) {
  const auto point = [](const ShownPoint& each) {
    return object_of(
        {member("label", json_text(each.label, 60)), member("value", json_number(each.value))});
  };
  const auto number = [](std::size_t index) { return std::to_string(index); };
  return object_of({member("name", json_text(history.id.benchmark, kNameCharactersMax)),
                    member("metric", json_text(history.id.metric, kNameCharactersMax)),
                    member("unit", json_text(history.unit, 20)),
                    member("points", array_of(history.points, point)),
                    member("changes", array_of(history.changes, number))});
}

/// As many as fit.
std::string joined(const std::vector<std::string>& objects, std::size_t bytes_max) {
  std::string out;
  for (const std::string& object : objects) {
    if (out.size() + object.size() + 1 > bytes_max) break;
    out += (out.empty() ? "" : ",") + object;
  }
  return "[" + out + "]";
}

}  // namespace

std::string plot_json(const Report& report, const Exhibits& exhibits) {
  std::map<SeriesId, const ShownSeries*> known;
  for (const ShownSeries& each : exhibits.series) known.try_emplace(each.id, &each);
  // What matters most comes first, and so stays when there is no room for all.
  Rows rows = deciding_rows(report);
  const Rows others = shown_rows(report);
  rows.insert(rows.end(), others.begin(), others.end());
  std::vector<std::string> series;
  std::size_t bytes = 0;
  std::set<SeriesId> ids;
  for (const BenchmarkResult* row : rows) {
    const SeriesId id{row->name, row->metric.name};
    const auto found = known.find(id);
    if (!ids.insert(id).second || found == known.end() || bytes > kPlotBytesMax) continue;
    const auto index = static_cast<std::size_t>(row - report.benchmarks.data());
    series.push_back(series_json(*found->second, index, *row));
    bytes += series.back().size();
  }
  std::vector<std::string> history;
  for (const ShownHistory& each : exhibits.history)
    if (ids.contains(each.id)) history.push_back(history_json(each));
  return "{\"series\":" + joined(series, kPlotBytesMax * 3 / 4) +
         ",\"history\":" + joined(history, kPlotBytesMax / 4) + "}";
}

}  // namespace melisai::report
