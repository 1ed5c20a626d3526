#include "tests/fuzz/reading.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/measure/formats/format.h"

namespace melisai::fuzz {
namespace {

using formats::Input;
using formats::Reading;
using formats::Readings;
using formats::ReadingsBuilder;

constexpr const char* kSource = "source";

bool is_unit(std::string_view unit) {
  constexpr std::array<std::string_view, 6> kUnits{"ns", "B", "count", "1/s", "B/s", "ratio"};
  return std::find(kUnits.begin(), kUnits.end(), unit) != kUnits.end();
}

void check_name(const std::string& name) {
  MELISAI_ASSERT(!name.empty());
  MELISAI_ASSERT(printable(name) == name);
}

void check_reading(const Reading& reading) {
  check_name(reading.benchmark);
  check_name(reading.metric.name);
  MELISAI_ASSERT(is_unit(reading.metric.unit));
  MELISAI_ASSERT(reading.n >= 1);
  MELISAI_ASSERT(reading.values.empty() || reading.n == reading.values.size());
  const auto is_good = [&](double value) {
    return std::isfinite(value) && (value >= 0 || reading.metric.tier == Tier::explain);
  };
  MELISAI_ASSERT(is_good(reading.value));
  MELISAI_ASSERT(std::all_of(reading.values.begin(), reading.values.end(), is_good));
}

void check_readings(const Readings& readings) {
  MELISAI_ASSERT(!readings.readings.empty() || !readings.failed.empty());
  std::set<std::pair<std::string, std::string>> names;
  for (const Reading& reading : readings.readings) {
    check_reading(reading);
    MELISAI_ASSERT(names.emplace(reading.benchmark, reading.metric.name).second);
    MELISAI_ASSERT(!readings.failed.contains(reading.benchmark));
  }
  for (const auto& [benchmark, why] : readings.failed) {
    check_name(benchmark);
    MELISAI_ASSERT(printable(why) == why);
  }
}

void check_error(const Error& error) {
  MELISAI_ASSERT(error.code == Errc::parse || error.code == Errc::limit);
}

Result<Readings> read(std::string_view bytes, const Parse& parse, std::size_t chunk_bytes) {
  Input input(bytes, kSource, chunk_bytes);
  ReadingsBuilder builder(limits());
  MELISAI_CHECK(parse(input, limits(), builder));
  return builder.take();
}

/// "source:7:12: what" as "source:7: what".
std::string without_column(const std::string& message) {
  const std::size_t end = message.find(": ");
  const std::size_t line = message.find(':');
  const std::size_t column = line < end ? message.find(':', line + 1) : end;
  return column < end ? message.substr(0, column) + message.substr(end) : message;
}

/// Expat's words for what is not XML depend on where its input is cut, and so do its columns where
/// it meets bytes that are no UTF-8.
bool is_same(const Error& a, const Error& b) {
  constexpr std::string_view kNotXml = "this is not XML";
  const auto is_not_xml = [&](const Error& error) {
    return error.message.find(kNotXml) != std::string::npos;
  };
  if (is_not_xml(a) && is_not_xml(b)) return true;
  if (a.code == b.code && without_column(a.message) == without_column(b.message)) return true;
  std::fprintf(stderr, "whole: %s\nin chunks: %s\n", a.message.c_str(), b.message.c_str());
  return false;
}

void check_detection(std::string_view bytes) {
  const Result<Readings> readings = read_text(bytes, kSource, {.name = "auto"}, limits());
  if (readings) return check_readings(*readings);
  check_error(readings.error());
  MELISAI_ASSERT(printable(readings.error().message) == readings.error().message);
  MELISAI_ASSERT(readings.error().message.starts_with(std::string(kSource) + ":"));
}

}  // namespace

formats::Limits limits() {
  return {.readings_max = 200,
          .values_max = 2'000,
          .name_bytes_max = 200,
          .line_bytes_max = 2'000,
          .depth_max = 20,
          .string_bytes_max = 1'000,
          .row_bytes_max = 20'000};
}

std::vector<Parse> all_formats_and(std::vector<Parse> more) {
  std::vector<Parse> parsers;
  for (const formats::Format* const format : formats::all_formats())
    if (format->parse != nullptr) parsers.emplace_back(format->parse);
  std::move(more.begin(), more.end(), std::back_inserter(parsers));
  return parsers;
}

void check(std::span<const Parse> parsers, std::span<const std::uint8_t> input) {
  if (input.empty()) return;
  const std::string_view bytes(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
  const std::size_t choice = input.front() % (parsers.size() + 1);
  if (choice == 0) return check_detection(bytes);
  const Parse& parse = parsers[choice - 1];
  const Result<Readings> whole = read(bytes, parse, std::string::npos);
  const Result<Readings> cut = read(bytes, parse, 1 + bytes.size() % 7);
  MELISAI_ASSERT(whole.has_value() == cut.has_value());
  if (whole) {
    check_readings(*whole);
    MELISAI_ASSERT(*whole == *cut);
  } else {
    check_error(whole.error());
    MELISAI_ASSERT(is_same(whole.error(), cut.error()));
  }
}

}  // namespace melisai::fuzz
