// YAML text -> tree of values with positions. The guard refuses while it reads, before a large tree
// can exist: size, depth, number of values, anchors and aliases (bombs, cycles), tags, merge keys,
// duplicate or non-scalar keys, several documents, bytes that are not UTF-8 text. yaml-cpp stays
// behind config_guard.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/units.h"

namespace melisai {

struct ConfigLimits {
  Bytes bytes_max = 256 << 10;
  int depth_max = 64;
  int values_max = 20'000;  ///< keys included
};

/// 1-based; the column counts characters, a tab as one.
struct ConfigPosition {
  int line = 1;
  int column = 1;
  bool operator==(const ConfigPosition&) const = default;
};

struct ConfigEntry;

/// One value. A null has the position of its key, since it has no text of its own.
struct ConfigValue {
  enum class Kind { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  ConfigPosition position;
  std::string text;  ///< of a scalar, valid UTF-8 without NUL; never interpreted: yes, 017 and 1e3
                     ///< are texts
  bool quoted = false;  ///< a scalar in quotes or a block, which is never a number or a boolean
  std::vector<ConfigValue> items;    ///< of a sequence
  std::vector<ConfigEntry> entries;  ///< of a mapping, in file order, keys unique
};

struct ConfigEntry {
  std::string key;
  ConfigPosition position;
  ConfigValue value;
};

/// An empty file is a null. Errors: config, "file:line:column: what".
Result<ConfigValue> parse_config(std::string_view text, const std::string& file_name,
                                 const ConfigLimits& limits = {});

/// Error with code config and the message "file:line:column: what"; control characters of a hostile
/// file name are cleaned.
Error config_error(const std::string& file_name, ConfigPosition position, const std::string& what);

}  // namespace melisai
