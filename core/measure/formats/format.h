// What a format has to offer. One file per format defines one of these; table.cpp lists them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/measure/formats/builder.h"
#include "core/measure/formats/formats.h"
#include "core/measure/formats/input.h"
#include "core/measure/formats/probe.h"

namespace melisai::formats {

struct Format {
  FormatInfo info;

  /// Whether the start of a file is of this format. Must be sure: a file that looks like two
  /// formats is an error.
  bool (*looks_like)(const Probe& probe) = nullptr;

  /// Reads one file to its end. An Error carries SOURCE:LINE where there is a line.
  Result<void> (*parse)(Input& input, const Limits& limits, ReadingsBuilder& builder) = nullptr;

  /// Tools that leave a tree of files: whether `path` is one, and how to read it. `path` exists.
  bool (*is_directory)(const std::string& path) = nullptr;
  Result<void> (*parse_directory)(const std::string& path, const Limits& limits,
                                  ReadingsBuilder& builder) = nullptr;

  /// How to rerun a subset: `filter_template` is appended to the run line with {regex} replaced by
  /// filter(names).
  std::string_view filter_template;
  std::string (*filter)(const std::vector<std::string>& names) = nullptr;
};

/// In alphabetical order of their names.
std::span<const Format* const> all_formats();
const Format* find_format(std::string_view name);

/// `^(a|b)$` with everything special escaped, for tools with a regular expression over full names.
std::string exact_names_regex(const std::vector<std::string>& names);

}  // namespace melisai::formats
