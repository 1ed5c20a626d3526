#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <utility>

#include "core/base/text.h"
#include "core/measure/formats/custom.h"
#include "core/measure/formats/format.h"
#include "core/measure/formats/measured.h"

namespace melisai::formats {
namespace {

namespace fs = std::filesystem;

using Formats = std::vector<const Format*>;

/// Of the lines that JSON may begin at, behind what a tool wrote before it: warnings of a run whose
/// errors went to the same file, the echo of a command.
std::vector<std::size_t> json_starts(std::string_view head) {
  constexpr std::size_t kStartsMax = 8;
  std::vector<std::size_t> starts;
  for (std::size_t newline = head.find('\n');
       newline != std::string_view::npos && starts.size() < kStartsMax;
       newline = head.find('\n', newline + 1)) {
    const std::string_view rest = head.substr(newline + 1);
    const bool starts_here = rest.starts_with('{') || rest.starts_with('[');
    if (starts_here && begins_as_json(rest)) starts.push_back(newline + 1);
  }
  return starts;
}

/// Which of `formats` the file looks like; where none does, from where its JSON begins, and then
/// the input is there.
Result<Formats> recognised(Input& input, std::span<const Format* const> formats) {
  MELISAI_TRY(const std::string_view head, input.head());
  const auto matching = [&](std::size_t start) {
    const Probe probe(head.substr(start), input.source());
    Formats matches;
    for (const Format* const format : formats)
      if (format->looks_like != nullptr && format->looks_like(probe)) matches.push_back(format);
    return matches;
  };
  if (Formats matches = matching(0); !matches.empty()) return matches;
  for (const std::size_t start : json_starts(head)) {
    Formats matches = matching(start);
    if (matches.empty()) continue;
    input.skip(start);
    return matches;
  }
  return Formats();
}

Result<const Format*> detect(Input& input) {
  MELISAI_TRY(const Formats matches, recognised(input, all_formats()));
  if (matches.size() == 1) return matches.front();
  if (matches.empty())
    return Error{Errc::parse, input.source() +
                                  ": no known format is recognised; `melisai-gate "
                                  "formats` lists them, --format names one, and "
                                  "'format: { regex: ... }' reads others"};
  std::string names;
  for (const Format* const match : matches)
    names += (names.empty() ? "" : ", ") + std::string(match->info.name);
  return Error{Errc::parse, input.source() + ": looks like " + names + "; name one with --format"};
}

Error in_source(Error error, const Input& input) {
  if (!error.message.starts_with(input.source() + ":"))
    error.message = input.source() + ": " + error.message;
  // Formats quote what the file says.
  error.message = printable(error.message);
  return error;
}

Result<Readings> parse(Input& input, const Limits& limits, const std::string& name,
                       const std::function<Result<void>(ReadingsBuilder&)>& read) {
  ReadingsBuilder builder(limits);
  if (const Result<void> result = read(builder); !result) return in_source(result.error(), input);
  Result<Readings> readings = builder.take();
  if (!readings)
    return in_source(
        {readings.error().code, "it was read as " + name + ", but " + readings.error().message},
        input);
  readings->format = name;
  return readings;
}

const Format* format_of_directory(const std::string& path, const std::string& name) {
  for (const Format* const format : all_formats()) {
    const bool is_asked_for = name == "auto" || name == format->info.name;
    if (is_asked_for && format->is_directory != nullptr && format->is_directory(path))
      return format;
  }
  return nullptr;
}

Result<Readings> read_directory(const std::string& path, const Format& format,
                                const Limits& limits) {
  ReadingsBuilder builder(limits);
  if (const auto result = format.parse_directory(path, limits, builder); !result)
    return Error{result.error().code, printable(result.error().message)};
  Result<Readings> readings = builder.take();
  if (!readings) return with_context(readings.error(), printable(path));
  readings->format = format.info.name;
  return readings;
}

Result<std::vector<std::string>> files_in(const std::string& directory, std::size_t files_max) {
  std::vector<std::string> files;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    // A link to nowhere is no file.
    std::error_code ignored;
    const bool is_hidden = at->path().filename().string().starts_with('.');
    if (is_hidden || !at->is_regular_file(ignored)) continue;
    if (files.size() == files_max)
      return Error{Errc::limit, printable(directory) + " holds more than " +
                                    std::to_string(files_max) + " files"};
    files.push_back(at->path());
  }
  if (failed)
    return Error{Errc::io, "cannot read " + printable(directory) + ": " + failed.message()};
  if (files.empty()) return Error{Errc::parse, printable(directory) + " holds no result file"};
  std::sort(files.begin(), files.end());
  return files;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

Result<Readings> read(Input& input, const FormatSpec& spec, const Limits& limits) {
  if (const std::string problem = problem_of(spec); !problem.empty())
    return Error{Errc::usage, problem};
  MELISAI_TRY(const std::string_view head, input.head());
  if (head.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Error{Errc::parse, input.source() + ": the file is empty"};
  if (spec.json)
    return parse(input, limits, "json", [&](ReadingsBuilder& builder) {
      return parse_json_layout(input, *spec.json, limits, builder);
    });
  if (spec.regex)
    return parse(input, limits, "regex", [&](ReadingsBuilder& builder) {
      return parse_regex_layout(input, *spec.regex, limits, builder);
    });
  const Format* format = find_format(spec.name);
  if (format == nullptr) {
    MELISAI_TRY(format, detect(input));
  } else {
    MELISAI_CHECK(recognised(input, std::array{format}));
  }
  return parse(input, limits, std::string(format->info.name),
               [&](ReadingsBuilder& builder) { return format->parse(input, limits, builder); });
}

}  // namespace

std::string problem_of(const FormatSpec& spec) {
  if (spec.json) return problem_of_json(*spec.json);
  if (spec.regex) return problem_of_regex(*spec.regex);
  if (spec.name == "auto" || spec.name == "command" || find_format(spec.name) != nullptr) return "";
  std::vector<std::string> names{"auto", "command"};
  for (const FormatInfo& info : formats()) names.emplace_back(info.name);
  const std::string near = nearest_name(spec.name, names);
  return "unknown format " + in_quotes(spec.name) + "; " +
         (near.empty() ? "`melisai-gate formats` lists them" : "did you mean '" + near + "'?");
}

Result<Readings> read_path(const std::string& path, const FormatSpec& spec, const Limits& limits) {
  if (is_directory(path)) {
    const Format* const format = format_of_directory(path, spec.name);
    if (format != nullptr) return read_directory(path, *format, limits);
    return Error{Errc::parse,
                 printable(path) + ": no known tool leaves such a directory; name a file in it"};
  }
  MELISAI_TRY(Input input, Input::open(path));
  return read(input, spec, limits);
}

Result<std::vector<Readings>> read_runs(const std::string& path, const FormatSpec& spec,
                                        const Limits& limits) {
  std::vector<std::string> files{path};
  if (is_directory(path) && format_of_directory(path, spec.name) == nullptr) {
    MELISAI_TRY(files, files_in(path, limits.files_max));
  }
  std::vector<Readings> runs;
  for (const std::string& file : files) {
    MELISAI_TRY(Readings readings, read_path(file, spec, limits));
    if (!runs.empty() && runs.front().format != readings.format)
      return Error{Errc::parse, printable(path) + " holds results of " + runs.front().format +
                                    " and of " + readings.format +
                                    "; keep one format in a directory"};
    runs.push_back(std::move(readings));
  }
  return runs;
}

Result<Readings> read_text(std::string_view text, const std::string& source, const FormatSpec& spec,
                           const Limits& limits) {
  Input input(text, source);
  return read(input, spec, limits);
}

std::string filter_for(const std::string& name, const std::vector<std::string>& names) {
  const Format* const format = find_format(name);
  return format != nullptr && format->filter != nullptr ? format->filter(names)
                                                        : exact_names_regex(names);
}

std::string_view filter_template(const std::string& name) {
  const Format* const format = find_format(name);
  return format != nullptr ? format->filter_template : "";
}

}  // namespace melisai::formats
