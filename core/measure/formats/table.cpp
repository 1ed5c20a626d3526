#include <algorithm>
#include <array>

#include "core/measure/formats/format.h"

namespace melisai::formats {

// One line each, in alphabetical order of the names.
extern const Format kAsv;
extern const Format kBencherBmf;
extern const Format kBenchmarkIps;
extern const Format kBenchmarkLuau;
extern const Format kBenchmarkDotNet;
extern const Format kBenchmarkjs;
extern const Format kCatch2;
extern const Format kClickBench;
extern const Format kConbench;
extern const Format kCriterion;
extern const Format kCtest;
extern const Format kCustomCsv;
extern const Format kDart;
extern const Format kDivan;
extern const Format kDotnetTest;
extern const Format kGabCustom;
extern const Format kGabHistory;
extern const Format kGatling;
extern const Format kGo;
extern const Format kGoTest;
extern const Format kGoogleBenchmark;
extern const Format kGungraun;
extern const Format kHey;
extern const Format kHyperfine;
extern const Format kIai;
extern const Format kJest;
extern const Format kJmeter;
extern const Format kJmh;
extern const Format kConsoleTime;
extern const Format kJulia;
extern const Format kJunit;
extern const Format kK6;
extern const Format kLibtest;
extern const Format kLighthouse;
extern const Format kLinetimer;
extern const Format kLnt;
extern const Format kLocust;
extern const Format kMemtier;
extern const Format kMitata;
extern const Format kMocha;
extern const Format kNanobench;
extern const Format kNyrkio;
extern const Format kPerfStat;
extern const Format kPerfgate;
extern const Format kPgbench;
extern const Format kPhpbench;
extern const Format kPlaywright;
extern const Format kPytest;
extern const Format kRedisBenchmark;
extern const Format kRubyBenchmark;
extern const Format kSysbench;
extern const Format kTime;
extern const Format kTinybench;
extern const Format kValgrind;
extern const Format kVegeta;
extern const Format kVitest;
extern const Format kWrk;
extern const Format kWrk2;

namespace {

constexpr std::array kFormats{
    &kAsv,
    &kBencherBmf,
    &kBenchmarkIps,
    &kBenchmarkLuau,
    &kBenchmarkDotNet,
    &kBenchmarkjs,
    &kCatch2,
    &kClickBench,
    &kConbench,
    &kCriterion,
    &kCtest,
    &kCustomCsv,
    &kDart,
    &kDivan,
    &kDotnetTest,
    &kGabCustom,
    &kGabHistory,
    &kGatling,
    &kGo,
    &kGoTest,
    &kGoogleBenchmark,
    &kGungraun,
    &kHey,
    &kHyperfine,
    &kIai,
    &kJest,
    &kJmeter,
    &kJmh,
    &kConsoleTime,
    &kJulia,
    &kJunit,
    &kK6,
    &kLibtest,
    &kLighthouse,
    &kLinetimer,
    &kLnt,
    &kLocust,
    &kMemtier,
    &kMitata,
    &kMocha,
    &kNanobench,
    &kNyrkio,
    &kPerfStat,
    &kPerfgate,
    &kPgbench,
    &kPhpbench,
    &kPlaywright,
    &kPytest,
    &kRedisBenchmark,
    &kRubyBenchmark,
    &kSysbench,
    &kTime,
    &kTinybench,
    &kValgrind,
    &kVegeta,
    &kVitest,
    &kWrk,
    &kWrk2,
};

}  // namespace

std::span<const Format* const> all_formats() { return kFormats; }

const Format* find_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(),
                   [&](const Format* format) { return format->info.name == name; });
  return found == kFormats.end() ? nullptr : *found;
}

std::span<const FormatInfo> formats() {
  static const auto infos = [] {
    std::array<FormatInfo, kFormats.size()> all;
    std::transform(kFormats.begin(), kFormats.end(), all.begin(), [](const Format* format) {
      FormatInfo info = format->info;
      info.can_filter = format->filter != nullptr;
      return info;
    });
    return all;
  }();
  return infos;
}

std::string exact_names_regex(const std::vector<std::string>& names) {
  std::string regex = "^(";
  for (const std::string& name : names) {
    if (regex.size() > 2) regex += '|';
    for (const char c : name) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) regex += '\\';
      regex += c;
    }
  }
  return regex + ")$";
}

}  // namespace melisai::formats
