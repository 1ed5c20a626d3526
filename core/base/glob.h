// The pattern languages of names (benchmarks, metrics, collectors, branches, tags) and of paths.
#pragma once

#include <string_view>

namespace melisai {

/// Whether the whole of `text` matches: `*` stands for any bytes, also none and also '/', `?` for
/// one byte; all else for itself, brackets and backslashes included, because benchmark names hold
/// them. Time: at most the product of both lengths.
bool matches_glob(std::string_view glob, std::string_view text);

/// The same for a path relative to a repository, as in .gitignore and the `paths` of other CI
/// systems: `*` and `?` stop at '/', `**` does not; `**` and '/' together also stand for nothing
/// (`**/x` matches "x"); a pattern that ends in '/' means everything below. Time as above.
bool matches_path_glob(std::string_view glob, std::string_view path);

}  // namespace melisai
