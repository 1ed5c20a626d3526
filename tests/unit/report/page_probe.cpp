// Writes the pages that ci/web-test opens in a browser.
// usage: page_probe DIRECTORY
// A file for each report that every format is tested with, and: hostile.html (every text tries to
// become markup, script or an address), many.html (a thousand benchmarks), plots.html (values of
// pairs, a history, a flame graph). With REPORT.json as the second argument, that one instead.
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "core/report/report.h"
#include "tests/unit/model/report_fixtures.h"
#include "tests/unit/report/page_fixtures.h"

namespace melisai::report {
namespace {

bool write(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary);
  file << page;
  return file.good();
}

Report many_benchmarks() {
  Report report = fixtures::regression_report();
  for (int i = 0; i < 1'000; ++i) {
    const double change = 0.0001 * (i % 97) - 0.004;
    const std::string name = "suite" + std::to_string(i % 20) + "/BM_Case" + std::to_string(i);
    report.benchmarks.push_back(
        fixtures::judged(name, fixtures::cpu_time(),
                         {Decision::clear, change, change - 0.01, change + 0.01, 1000, 1001}));
    report.benchmarks.push_back(fixtures::judged(
        name, fixtures::throughput(), {Decision::clear, change, -0.02, 0.02, 5e8, 5e8, false}));
  }
  return report;
}

bool write_all(const std::string& directory) {
  bool is_good = true;
  for (const auto& [name, report] : fixtures::all_reports())
    is_good = write(directory + "/" + name + ".html", to_html(report)) && is_good;
  const Report plots = fixtures::regression_report();
  is_good =
      write(directory + "/plots.html", to_html(plots, fixtures::exhibits_of(plots))) && is_good;
  const Report many = many_benchmarks();
  is_good = write(directory + "/many.html", to_html(many, fixtures::exhibits_of(many))) && is_good;
  for (std::size_t i = 0; i < fixtures::hostile_texts().size(); ++i) {
    const Report hostile = fixtures::hostile_report(fixtures::hostile_texts()[i]);
    is_good = write(directory + "/hostile-" + std::to_string(i) + ".html",
                    to_html(hostile, fixtures::hostile_exhibits(fixtures::hostile_texts()[i]))) &&
              is_good;
  }
  return is_good;
}

}  // namespace
}  // namespace melisai::report

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: page_probe DIRECTORY [REPORT.json]\n";
    return 2;
  }
  const std::string directory = argv[1];
  if (argc == 2) return melisai::report::write_all(directory) ? 0 : 1;
  std::ifstream file(argv[2], std::ios::binary);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  const auto report = melisai::report_from_json(json);
  if (!report) {
    std::cerr << report.error().message << "\n";
    return 1;
  }
  const auto written = melisai::report::write_reports(*report, directory);
  if (!written) std::cerr << written.error().message << "\n";
  return written ? 0 : 1;
}
