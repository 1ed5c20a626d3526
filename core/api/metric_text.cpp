#include "core/api/metric_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "core/base/text.h"

namespace melisai::api {
namespace {

std::string_view name_of(Metric::Type type) {
  switch (type) {
    case Metric::Type::counter: return "counter";
    case Metric::Type::gauge: return "gauge";
    case Metric::Type::histogram: return "histogram";
  }
  return "";
}

// The format knows three escapes in a label's value, and two in a help text.
std::string escaped(std::string_view text, bool in_quotation) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    if (length == 0)
      result += '?';
    else if (c == '\\')
      result += "\\\\";
    else if (c == '\n')
      result += "\\n";
    else if (c == '"' && in_quotation)
      result += "\\\"";
    else
      result += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::string(text.data(), end) : "NaN";
}

}  // namespace

std::string render_metrics(const std::vector<Metric>& metrics) {
  std::string text;
  for (const Metric& metric : metrics) {
    if (metric.samples.empty()) continue;
    text += "# HELP " + metric.name + " " + escaped(metric.help, false) + "\n";
    text += "# TYPE " + metric.name + " " + std::string(name_of(metric.type)) + "\n";
    for (const Sample& sample : metric.samples) {
      text += metric.name + sample.suffix;
      for (std::size_t i = 0; i < sample.labels.size(); ++i)
        text += (i == 0 ? "{" : ",") + sample.labels[i].first + "=\"" +
                escaped(sample.labels[i].second, true) + "\"";
      text += (sample.labels.empty() ? " " : "} ") + number(sample.value) + "\n";
    }
  }
  return text;
}

}  // namespace melisai::api
