// Result formats: what benchmark tools write, read as benchmark metrics in canonical units. One
// file per format, listed in table.cpp; README.md says how to add one. Input is hostile: whatever a
// file holds ends in readings or in an Error with its place, in memory that does not grow with the
// file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"
#include "core/model/metric.h"
#include "core/model/project.h"

namespace melisai::formats {

/// One metric of one benchmark, as a tool reported it.
struct Reading {
  std::string benchmark;       ///< as the tool calls it; valid UTF-8 without control characters
  Metric metric;               ///< canonical unit
  std::vector<double> values;  ///< of repetitions, in their order; empty: only a summary is known
  double value = 0;            ///< median of `values`, or the tool's own summary
  std::uint64_t n = 1;         ///< how many measured values `value` stands for, as far as known
  bool operator==(const Reading&) const = default;
};

struct Readings {
  std::string format;                         ///< a name of formats()
  std::vector<Reading> readings;              ///< in the order in which they first came
  std::map<std::string, std::string> failed;  ///< benchmark -> why it has no reading, in one line
  bool operator==(const Readings&) const = default;
};

/// What one file may hold. Passing one is an Error of code limit that names it.
struct Limits {
  std::size_t readings_max = 1'000'000;
  std::size_t values_max = 10'000'000;  ///< of all readings together
  std::size_t name_bytes_max = 1'000;   ///< of a benchmark or a metric
  std::size_t line_bytes_max = 1 << 20;
  std::size_t depth_max = 64;              ///< of nested JSON or XML
  std::size_t string_bytes_max = 1 << 20;  ///< of one JSON string, or one XML text
  Bytes row_bytes_max = 16 << 20;  ///< of the JSON text of one benchmark, or of a document that has
                                   ///< to be read at once
  std::size_t files_max = 10'000;  ///< of one directory
};

struct FormatInfo {
  std::string_view name;     ///< what `format:` and --format take
  std::string_view tool;     ///< "Google Benchmark"
  std::string_view made_by;  ///< the command that writes it
  bool can_filter = false;   ///< filter_for() knows how to rerun a subset
};

/// All formats, in alphabetical order.
std::span<const FormatInfo> formats();

/// What is wrong with `spec` before any file is read, "" when nothing is: an unknown name, a path
/// or a regular expression that cannot be.
std::string problem_of(const FormatSpec& spec);

/// Reads a file, standard input ("-") or the directory that a tool leaves; `spec.name` "auto" looks
/// at the content. Errors: parse with FILE:LINE and what to do, limit, not_found, io, interrupted.
Result<Readings> read_path(const std::string& path, const FormatSpec& spec, const Limits& limits);

/// One Readings a run: a file, or what a tool leaves in a directory, is one run; any other
/// directory holds one run a file (by name, hidden ones left out), all of one format. Errors: as
/// above; limit.
Result<std::vector<Readings>> read_runs(const std::string& path, const FormatSpec& spec,
                                        const Limits& limits);

/// A file's text in memory; `source` is what messages call it.
Result<Readings> read_text(std::string_view text, const std::string& source, const FormatSpec& spec,
                           const Limits& limits);

/// What a tool measured at one earlier commit.
struct PastReadings {
  std::string commit;        ///< as the file has it, usually a full hash
  std::int64_t date_ms = 0;  ///< when it was measured, since 1970; 0: not known
  Readings readings;
};

/// Whether files of this format hold many commits, of which the functions above read the newest.
bool is_history(const std::string& format);

/// Reads such a file whole, in its own order; a commit may come several times, with other
/// benchmarks. Errors: as above; those of `take`, with the place.
Result<void> read_history(const std::string& path, const Limits& limits,
                          const std::function<Result<void>(PastReadings&)>& take);

/// What makes the tool rerun exactly these benchmarks: "{regex}" in a run line's filter is replaced
/// by it. A regular expression over whole names where no better way is known.
std::string filter_for(const std::string& format, const std::vector<std::string>& names);

/// The template that carries it, e.g. "--benchmark_filter={regex}"; "" when the format cannot.
std::string_view filter_template(const std::string& format);

}  // namespace melisai::formats
