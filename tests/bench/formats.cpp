// How fast result files are read, and in how much memory: files of two sizes, so that memory which
// grows with the file shows. Every reading is a process of its own; its CPU time counts. Prints
// Markdown. Usage: formats [DIRECTORY FOR 100 MB]
#include "core/measure/formats/formats.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/csv.h"
#include "core/measure/formats/input.h"
#include "core/measure/formats/units.h"

namespace melisai::bench {
namespace {

constexpr std::size_t kMega = 1'000'000;
constexpr std::array<std::size_t, 2> kSizes{10 * kMega, 100 * kMega};
constexpr std::size_t kBenchmarks = 500;  ///< in every file; the rest are repetitions

/// What a file consists of; `row` gets a number from 0.
struct Kind {
  const char* name;
  std::string start, between, end;
  std::function<std::string(std::size_t)> row;
  std::function<Result<std::size_t>(const std::string& path)> read;  ///< how many values
};

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.16e", value);
  return text.data();
}

double time_of(std::size_t i) { return 1000 + static_cast<double>(i * 7919 % 1000) / 8; }

std::string google_row(std::size_t i) {
  const std::string name = "BM_Parse<std::string>/" + std::to_string(i % kBenchmarks);
  return "    {\n      \"name\": \"" + name +
         "\",\n      \"family_index\": 0,\n      \"per_family_instance_index\": 0,\n"
         "      \"run_name\": \"" +
         name +
         "\",\n      \"run_type\": \"iteration\",\n      \"repetitions\": 100,\n"
         "      \"repetition_index\": " +
         std::to_string(i / kBenchmarks) +
         ",\n      \"threads\": 1,\n      \"iterations\": 560128,\n      \"real_time\": " +
         number(time_of(i)) + ",\n      \"cpu_time\": " + number(time_of(i + 1)) +
         ",\n      \"time_unit\": \"ns\"\n    }";
}

std::string go_line(std::size_t i) {
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(),
                "BenchmarkParse/size=%zu-8         \t  560128\t      %.1f ns/op", i % kBenchmarks,
                time_of(i));
  return line.data();
}

std::string csv_row(std::size_t i) {
  return "\"BM_Parse<std::string>/" + std::to_string(i % kBenchmarks) + "\",560128," +
         number(time_of(i)) + "," + number(time_of(i + 1)) + ",ns,,,,,";
}

std::size_t values_in(const formats::Readings& readings) {
  std::size_t count = 0;
  for (const formats::Reading& reading : readings.readings) count += reading.values.size();
  return count;
}

Result<std::size_t> read_by(const FormatSpec& spec, const std::string& path) {
  MELISAI_TRY(const formats::Readings readings, formats::read_path(path, spec, {}));
  return values_in(readings);
}

Result<std::size_t> read_csv(const std::string& path) {
  MELISAI_TRY(formats::Input input, formats::Input::open(path));
  const formats::Limits limits;
  formats::ReadingsBuilder builder(limits);
  formats::Lines lines(input, limits);
  MELISAI_TRY(formats::CsvTable table, formats::CsvTable::read_header(lines));
  while (true) {
    MELISAI_TRY(const std::optional<formats::CsvFields> row, table.next());
    if (!row) break;
    const auto time = formats::number_from((*row)[2]);
    if (time) MELISAI_CHECK(builder.add(row->front(), formats::wall_time(), *time));
  }
  MELISAI_TRY(const formats::Readings readings, builder.take());
  return values_in(readings);
}

void write_file(const std::string& path, const Kind& kind, std::size_t size) {
  std::ofstream file(path, std::ios::binary);
  file << kind.start;
  std::size_t written = 0;
  for (std::size_t i = 0; written < size; ++i) {
    const std::string row = (i == 0 ? "" : kind.between) + kind.row(i);
    file << row;
    written += row.size();
  }
  file << kind.end;
}

/// CPU seconds and peak memory of a process that reads the file.
struct Cost {
  double seconds = 0;
  double peak_mib = 0;
};

Cost cost_of(const Kind& kind, const std::string& path) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const Result<std::size_t> values = kind.read(path);
    if (!values) std::fprintf(stderr, "%s\n", values.error().message.c_str());
    _exit(values && *values > 0 ? 0 : 1);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) std::exit(1);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime) + seconds(usage.ru_stime),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

std::vector<Kind> kinds() {
  const RegexLayout go{
      R"(^(?P<name>Benchmark\S+)\s+\d+\s+(?P<value>\S+) (?P<unit>\S+))", "", "", {}};
  const JsonLayout google{"$.benchmarks[*]", "$.name", "$.real_time", "ns", "", {}};
  const auto by = [](const FormatSpec& spec) {
    return [spec](const std::string& path) { return read_by(spec, path); };
  };
  const std::string json_start =
      "{\n  \"context\": {\n    \"num_cpus\": 2\n  },\n  \"benchmarks\": [\n";
  const std::string json_end = "\n  ]\n}\n";
  return {
      {"Google Benchmark JSON", json_start, ",\n", json_end, google_row, by({.name = "auto"})},
      {"the same by `format: { json: ... }`", json_start, ",\n", json_end, google_row,
       by({.name = {}, .json = google, .regex = {}})},
      {"go test", "goos: linux\ngoarch: amd64\npkg: example.org/parse\n", "\n", "\nPASS\n", go_line,
       by({.name = "auto"})},
      {"the same by `format: { regex: ... }`", "", "\n", "\n", go_line,
       by({.name = {}, .json = {}, .regex = go})},
      {"CSV", "name,iterations,real_time,cpu_time,time_unit,a,b,c,d,e\n", "\n", "\n", csv_row,
       read_csv},
  };
}

void print_row(const Kind& kind, const std::string& path) {
  constexpr int kRounds = 3;
  std::printf("| %s |", kind.name);
  for (const std::size_t size : kSizes) {
    write_file(path, kind, size);
    Cost best = cost_of(kind, path);
    for (int round = 1; round < kRounds; ++round)
      best.seconds = std::min(best.seconds, cost_of(kind, path).seconds);
    std::printf(" %.0f | %.1f |", static_cast<double>(size) / 1e6 / best.seconds, best.peak_mib);
  }
  std::printf("\n");
}

void run(const std::filesystem::path& directory) {
  const std::string path = directory / ("melisai-formats-" + std::to_string(getpid()));
  std::printf("| file | 10 MB: MB/s | peak MiB | 100 MB: MB/s | peak MiB |\n");
  std::printf("|---|--:|--:|--:|--:|\n");
  for (const Kind& kind : kinds()) print_row(kind, path);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace melisai::bench

int main(int count, char** arguments) {
  melisai::bench::run(count > 1 ? std::filesystem::path(arguments[1])
                                : std::filesystem::temp_directory_path());
  return 0;
}
