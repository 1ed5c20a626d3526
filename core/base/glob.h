// The one pattern language of names: benchmarks, metrics, collectors.
#pragma once

#include <string_view>

namespace melisai {

/// Whether the whole of `text` matches: `*` stands for any bytes, also none and also '/', `?` for
/// one byte; all else for itself, brackets and backslashes included, because benchmark names hold
/// them. Time: at most the product of both lengths.
bool matches_glob(std::string_view glob, std::string_view text);

}  // namespace melisai
